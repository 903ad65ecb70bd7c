{%- set as_of = crm_segmentation.date_literal(crm_segmentation.as_of_date()) -%}

with

recorded as (

    {{ crm_segmentation.recorded_history('group_membership_history', {
        'account_id': 'text', 'group_name': 'text', 'status': 'text',
        'valid_from': 'date', 'valid_to': 'date'
    }) | indent(4) }}

),

recorded_days as (

    select *
    from {{ ref('int_recorded_days') }}
    where kind = 'group'

),

-- What builds before this run's day recorded: an interval that this day's earlier
-- run closed is open again, and one without length never was.
intervals as (

    select
        account_id,
        group_name,
        status,
        valid_from,
        case when valid_to < {{ as_of }} then valid_to end as valid_to
    from recorded
    where
        valid_from < {{ as_of }}
        and (valid_to is null or valid_to > valid_from)

),

memberships as (

    select
        account_id,
        group_name,
        valid_from,
        valid_to,
        case
            when
                lag(valid_to) over (
                    partition by account_id, group_name order by valid_from
                ) = valid_from
                then 0
            else 1
        end as begins_spell
    from intervals
    where status = 'member'

),

numbered as (

    select
        account_id,
        group_name,
        valid_from,
        valid_to,
        sum(begins_spell) over (
            partition by account_id, group_name
            order by valid_from
            rows between unbounded preceding and current row
        ) as spell_number
    from memberships

),

spells as (

    select
        account_id,
        group_name,
        min(valid_from) as valid_from,
        case when count(valid_to) = count(*) then max(valid_to) end as valid_to
    from numbered
    group by account_id, group_name, spell_number

),

final as (

    select
        spells.account_id,
        spells.group_name,
        spells.valid_from,
        spells.valid_to,
        coalesce(not recorded_days.begins_recording, false) as is_entry,
        ended.account_id is not null as is_exit
    from spells
    left join recorded_days
        on
            spells.group_name = recorded_days.name
            and spells.valid_from = recorded_days.as_of_date
    left join intervals as ended
        on
            spells.account_id = ended.account_id
            and spells.group_name = ended.group_name
            and spells.valid_to = ended.valid_from
            and ended.status = 'left'

)

select * from final
