-- Every account with all measures of RFM is in account_rfm and, once there are cut
-- points, has its code and a segment, if codes have names.
{%- set named = crm_segmentation.rfm_declaration().segments is not none %}
with

customers as (

    select * from {{ ref('rfm_measures') }}
    where
        {%- for dimension in crm_segmentation.rfm_declaration().dimensions %}
        {{ 'and ' if not loop.first }}{{ dimension.dimension }} is not null
        {%- endfor %}

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
    or (cut_points.cut_count > 0 and scored.rfm_code is null)
    or (cut_points.cut_count = 0 and scored.rfm_code is not null)
    {%- if named %}
    or (scored.rfm_code is null) <> (scored.rfm_segment is null)
    {%- endif %}
