{{ config(materialized='table') }}

select
    numbers.n + pauses.pause as n,
    control.run_number
from generate_series(1, 1000) as numbers(n)
cross join public.control
cross join (select public.pause('replaced') as pause) as pauses
