-- Which groups grew most since they were first recorded, and how much came and went
-- on the way? One row per group, the fastest first.
with

group_sizes as (

    select *
    from {{ ref('group_sizes') }}

),

ends as (

    select
        group_name,
        min(as_of_date) as first_day,
        max(as_of_date) as last_day,
        sum(entered_count) as entered_count,
        sum(left_count) as left_count
    from group_sizes
    group by group_name

),

final as (

    select
        ends.group_name,
        ends.first_day,
        ends.last_day,
        first_size.account_count as first_count,
        last_size.account_count as last_count,
        last_size.account_count - first_size.account_count as growth,
        ends.entered_count,
        ends.left_count
    from ends
    inner join group_sizes as first_size
        on
            ends.group_name = first_size.group_name
            and ends.first_day = first_size.as_of_date
    inner join group_sizes as last_size
        on
            ends.group_name = last_size.group_name
            and ends.last_day = last_size.as_of_date

)

select * from final
order by growth desc nulls last, {{ crm_segmentation.by_bytes('group_name') }}
