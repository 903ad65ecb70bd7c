-- The share of marketing values and survey answers that are not declared stays within
-- the setting rejected_value_share; rejected_attribute_values lists them.
with

checked as (

    select * from {{ ref('int_attribute_values_checked') }}

),

counted as (

    select
        count(*) as value_count,
        count(problem) as rejected_count
    from checked

)

select *
from counted
where rejected_count
    > {{ crm_segmentation.setting('rejected_value_share') }} * value_count
