{%- set as_of = crm_segmentation.date_literal(crm_segmentation.as_of_date()) -%}

with

recorded as (

    {{ crm_segmentation.recorded_history('account_attribute_history', {
        'account_id': 'text', 'attribute': 'text', 'status': 'text',
        'value': 'text', 'valid_from': 'date', 'valid_to': 'date'
    }) | indent(4) }}

),

-- What builds before this run's day recorded: an interval that this day's earlier
-- run closed is open again, and one without length never was.
intervals as (

    select
        account_id,
        attribute,
        value,
        valid_from,
        case when valid_to < {{ as_of }} then valid_to end as valid_to
    from recorded
    where
        status = 'present'
        and valid_from < {{ as_of }}
        and (valid_to is null or valid_to > valid_from)

),

compared as (

    select
        account_id,
        attribute,
        value,
        valid_from,
        valid_to,
        lag(value) over (
            partition by account_id, attribute order by valid_from
        ) as value_before,
        lag(valid_to) over (
            partition by account_id, attribute order by valid_from
        ) as end_before
    from intervals

),

numbered as (

    select
        account_id,
        attribute,
        value,
        valid_from,
        valid_to,
        sum(
            case
                when
                    end_before = valid_from
                    and value is not distinct from value_before
                    then 0
                else 1
            end
        ) over (
            partition by account_id, attribute
            order by valid_from
            rows between unbounded preceding and current row
        ) as spell_number
    from compared

),

spells as (

    select
        account_id,
        attribute,
        value,
        spell_number,
        min(valid_from) as valid_from,
        case when count(valid_to) = count(*) then max(valid_to) end as valid_to
    from numbered
    group by account_id, attribute, value, spell_number

),

neighbours as (

    select
        account_id,
        attribute,
        value,
        valid_from,
        valid_to,
        lag(value) over (
            partition by account_id, attribute order by spell_number
        ) as value_before,
        coalesce(
            lag(valid_to) over (
                partition by account_id, attribute order by spell_number
            ) = valid_from,
            false
        ) as is_change
    from spells

),

final as (

    select
        account_id,
        attribute,
        value,
        valid_from,
        valid_to,
        case when is_change then value_before end as value_before,
        is_change
    from neighbours

)

select * from final
