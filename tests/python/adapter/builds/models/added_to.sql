{{ config(
    materialized='incremental', unique_key='run_number',
    incremental_strategy='delete+insert'
) }}

select
    numbers.n + pauses.pause as n,
    control.run_number
from generate_series(1, 1000) as numbers(n)
cross join public.control
cross join (select public.pause('added_to') as pause) as pauses
