-- Every account with an order is in account_rfm and, once there are cut points, has
-- its three scores and a segment.
with

customers as (

    select * from {{ ref('account_kpis') }}
    where {{ crm_segmentation.setting('rfm_frequency') }} > 0

),

scored as (

    select * from {{ ref('account_rfm') }}

),

cut_points as (

    select count(*) as cut_count from {{ ref('rfm_cut_points') }}

)

select
    coalesce(customers.account_id, scored.account_id) as account_id,
    scored.rfm_code,
    scored.rfm_segment
from customers
full outer join scored
    on customers.account_id = scored.account_id
cross join cut_points
where customers.account_id is null
    or scored.account_id is null
    or (cut_points.cut_count > 0 and scored.rfm_segment is null)
    or (cut_points.cut_count = 0 and scored.rfm_segment is not null)
