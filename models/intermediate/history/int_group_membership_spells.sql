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

{{ crm_segmentation.spell_ctes(
    'recorded', ['account_id', 'group_name'], 'member'
) }},

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
