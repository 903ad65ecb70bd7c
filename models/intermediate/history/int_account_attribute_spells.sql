with

recorded as (

    {{ crm_segmentation.recorded_history('account_attribute_history', {
        'account_id': 'text', 'attribute': 'text', 'status': 'text',
        'value': 'text', 'valid_from': 'date', 'valid_to': 'date'
    }) | indent(4) }}

),

{{ crm_segmentation.spell_ctes(
    'recorded', ['account_id', 'attribute'], 'present', value='value'
) }},

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
