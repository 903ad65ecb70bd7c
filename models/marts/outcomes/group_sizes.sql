{%- set as_of = crm_segmentation.date_literal(crm_segmentation.as_of_date()) -%}

with

spells as (

    select *
    from {{ ref('int_group_membership_spells') }}

),

memberships as (

    select *
    from {{ ref('group_memberships') }}

),

recorded_days as (

    select *
    from {{ ref('int_recorded_days') }}

),

groups_of_run as (

    {% for group in crm_segmentation.recorded_groups() -%}
    select {{ crm_segmentation.text_literal(group) }} as group_name
    {% if not loop.last -%}
    union all
    {% endif -%}
    {%- else -%}
    select cast(null as text) as group_name
    where 1 = 0
    {%- endfor %}

),

-- what earlier runs recorded, carried on to this run's day
spells_to_date as (

    select
        spells.group_name,
        spells.valid_from,
        case
            when spells.valid_to is not null then spells.valid_to
            when memberships.status <> 'member' then {{ as_of }}
        end as valid_to
    from spells
    left join memberships
        on
            spells.account_id = memberships.account_id
            and spells.group_name = memberships.group_name
    union all
    select
        memberships.group_name,
        memberships.as_of_date as valid_from,
        cast(null as date) as valid_to
    from memberships
    left join spells
        on
            memberships.account_id = spells.account_id
            and memberships.group_name = spells.group_name
            and spells.valid_to is null
    where memberships.status = 'member' and spells.account_id is null

),

changes as (

    select
        group_name,
        valid_from as as_of_date,
        1 as entered,
        0 as departed
    from spells_to_date
    union all
    select
        group_name,
        valid_to as as_of_date,
        0 as entered,
        1 as departed
    from spells_to_date
    where valid_to is not null

),

changes_per_day as (

    select
        group_name,
        as_of_date,
        sum(entered) as entered_count,
        sum(departed) as left_count
    from changes
    group by group_name, as_of_date

),

newest_run as (

    select max(as_of_date) as as_of_date
    from recorded_days

),

days as (

    select
        name as group_name,
        as_of_date,
        begins_recording
    from recorded_days
    where kind = 'group'
    union all
    select
        groups_of_run.group_name,
        {{ as_of }} as as_of_date,
        recorded_days.name is null as begins_recording
    from groups_of_run
    cross join newest_run
    left join recorded_days
        on
            recorded_days.kind = 'group'
            and groups_of_run.group_name = recorded_days.name
            and newest_run.as_of_date = recorded_days.as_of_date

),

-- A group that is no longer recorded changes on a day of its own.
days_and_changes as (

    select
        group_name,
        as_of_date
    from days
    union
    select
        group_name,
        as_of_date
    from changes_per_day

),

sizes as (

    select
        days_and_changes.group_name,
        days_and_changes.as_of_date,
        coalesce(changes_per_day.entered_count, 0) as entered_count,
        coalesce(changes_per_day.left_count, 0) as left_count,
        sum(
            coalesce(changes_per_day.entered_count - changes_per_day.left_count, 0)
        ) over (
            partition by days_and_changes.group_name
            order by days_and_changes.as_of_date
            rows between unbounded preceding and current row
        ) as account_count
    from days_and_changes
    left join changes_per_day
        on
            days_and_changes.group_name = changes_per_day.group_name
            and days_and_changes.as_of_date = changes_per_day.as_of_date

),

final as (

    select
        cast(days.group_name as text) as group_name,
        cast(days.as_of_date as date) as as_of_date,
        cast(sizes.account_count as bigint) as account_count,
        cast(
            case when not days.begins_recording then sizes.entered_count end
            as bigint
        ) as entered_count,
        cast(
            case when not days.begins_recording then sizes.left_count end
            as bigint
        ) as left_count
    from days
    inner join sizes
        on
            days.group_name = sizes.group_name
            and days.as_of_date = sizes.as_of_date

)

select * from final
