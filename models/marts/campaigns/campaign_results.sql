{%- set as_of = crm_segmentation.instant_literal(crm_segmentation.as_of_date()) -%}
{%- set response_types = ['any', 'open', 'click', 'reply', 'order', 'purchase'] -%}

with

campaigns as (

    select *
    from {{ ref('stg_crm__campaigns') }}

),

activity as (

    select *
    from {{ ref('int_activity') }}
    where occurred_at < {{ as_of }} and account_id is not null

),

contacts as (

    select
        campaign_id,
        account_id,
        detail as arm,
        occurred_at as contacted_at,
        row_number() over (
            partition by campaign_id, account_id
            order by occurred_at, {{ crm_segmentation.by_bytes('event_id') }}
        ) as contact_number
    from activity
    where event_name = 'campaign_contact'

),

-- Whoever was drawn twice, as one account under two keys may be, belongs to the arm
-- of the first time.
participants as (

    select
        campaign_id,
        account_id,
        arm,
        contacted_at
    from contacts
    where contact_number = 1

),

responses as (

    select
        participants.campaign_id,
        participants.account_id,
        activity.detail as response_type
    from participants
    inner join activity
        on
            participants.campaign_id = activity.campaign_id
            and participants.account_id = activity.account_id
            and participants.contacted_at <= activity.occurred_at
    where activity.event_name = 'campaign_response'

),

-- Whoever is held back can answer nothing but can still buy, so what both arms are
-- measured by are the orders themselves.
purchases as (

    select
        participants.campaign_id,
        participants.account_id
    from participants
    inner join campaigns
        on participants.campaign_id = campaigns.campaign_id
    inner join activity
        on
            participants.account_id = activity.account_id
            and participants.contacted_at <= activity.occurred_at
            and (
                campaigns.ends_on is null
                or {{ crm_segmentation.local_date('activity.occurred_at') }}
                <= campaigns.ends_on
            )
    where activity.event_name = 'order' and not activity.is_cancelled

),

response_types as (

    {% for response_type in response_types -%}
    select '{{ response_type }}' as response_type
    {% if not loop.last -%}
    union all
    {% endif -%}
    {%- endfor %}

),

responders as (

    select
        campaign_id,
        account_id,
        response_type
    from responses
    union
    select
        campaign_id,
        account_id,
        'any' as response_type
    from responses
    union
    select
        campaign_id,
        account_id,
        'purchase' as response_type
    from purchases

),

counts as (

    select
        participants.campaign_id,
        response_types.response_type,
        participants.arm,
        count(*) as account_count,
        count(responders.account_id) as success_count
    from participants
    cross join response_types
    left join responders
        on
            participants.campaign_id = responders.campaign_id
            and participants.account_id = responders.account_id
            and response_types.response_type = responders.response_type
    group by
        participants.campaign_id,
        response_types.response_type,
        participants.arm

),

compared as (

    {{ crm_segmentation.lift_over_control(
        'counts', ['campaign_id', 'response_type']
    ) | indent(4) }}

),

final as (

    select
        cast(campaign_id as text) as campaign_id,
        cast(arm as text) as arm,
        cast(response_type as text) as response_type,
        cast(account_count as bigint) as account_count,
        cast(success_count as bigint) as responded_count,
        cast(success_rate as decimal(9, 6)) as response_rate,
        cast(control_rate as decimal(9, 6)) as control_response_rate,
        cast(lift_points as decimal(9, 4)) as lift_points,
        cast(lift_points_low as decimal(9, 4)) as lift_points_low,
        cast(lift_points_high as decimal(9, 4)) as lift_points_high
    from compared

)

select * from final
