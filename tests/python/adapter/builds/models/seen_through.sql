{{ config(materialized='view') }}

select
    n,
    run_number
from {{ ref('replaced') }}
