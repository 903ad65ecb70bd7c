{# The channels through which accounts are reached, as int_contact_points has them. #}
{% macro contact_channels() %}
    {{ return(['email', 'phone']) }}
{% endmacro %}

{#
    SQL: which accounts may be contacted, through which channel, for which purpose.

    An account is contactable if at least one of its contact points is: of the
    visible consents of the contact point for the purpose the latest is granted and
    has not expired by as_of_date, and no suppression or hard bounce of the contact
    point is visible. Of consents that share the latest time, all must be so. No
    consent is no permission.

    | argument       | columns                                                    |
    |----------------|------------------------------------------------------------|
    | contact_points | account_id, channel, contact_point                         |
    | consents       | channel, contact_point, purpose, status, occurred_at,      |
    |                | expires_at, loaded_at                                      |
    | blocks         | channel, contact_point, occurred_at, loaded_at: one row a  |
    |                | suppression or hard bounce                                 |

    Channels, purposes and statuses are in folded form, and a contact point is
    written in one way wherever it stands.

    Gives one row per account, channel and purpose for which a contact point of the
    account has a visible consent.
#}
{% macro contactability(contact_points, consents, blocks) %}
    {%- set as_of = crm_segmentation.as_of_date() -%}
    {%- set now = crm_segmentation.instant_literal(as_of) -%}
with contact_points as (

    select
        account_id,
        channel,
        contact_point
    from {{ contact_points }}

),

visible_consents as (

    select
        channel,
        contact_point,
        purpose,
        coalesce(status = 'granted', false)
        and (expires_at is null or expires_at > {{ now }}) as is_granted,
        occurred_at
    from {{ consents }}
    where {{ crm_segmentation.fact_is_visible('occurred_at', 'loaded_at') }}

),

blocked_points as (

    select distinct
        channel,
        contact_point
    from {{ blocks }}
    where {{ crm_segmentation.fact_is_visible('occurred_at', 'loaded_at') }}

),

latest_times as (

    select
        channel,
        contact_point,
        purpose,
        max(occurred_at) as occurred_at
    from visible_consents
    group by channel, contact_point, purpose

),

-- several consents of the latest time must agree
permissions as (

    select
        visible_consents.channel,
        visible_consents.contact_point,
        visible_consents.purpose,
        min(case when visible_consents.is_granted then 1 else 0 end) as is_granted
    from visible_consents
    inner join latest_times
        on
            visible_consents.channel = latest_times.channel
            and visible_consents.contact_point = latest_times.contact_point
            and visible_consents.purpose = latest_times.purpose
            and visible_consents.occurred_at = latest_times.occurred_at
    group by
        visible_consents.channel,
        visible_consents.contact_point,
        visible_consents.purpose

),

judged_points as (

    select
        contact_points.account_id,
        contact_points.channel,
        permissions.purpose,
        case
            when blocked_points.contact_point is null then permissions.is_granted
            else 0
        end as is_contactable
    from contact_points
    inner join permissions
        on
            contact_points.channel = permissions.channel
            and contact_points.contact_point = permissions.contact_point
    left join blocked_points
        on
            contact_points.channel = blocked_points.channel
            and contact_points.contact_point = blocked_points.contact_point

),

final as (

    select
        cast(account_id as text) as account_id,
        {{ crm_segmentation.date_literal(as_of) }} as as_of_date,
        cast(channel as text) as channel,
        cast(purpose as text) as purpose,
        max(is_contactable) = 1 as is_contactable,
        cast(count(*) as bigint) as contact_point_count,
        cast(sum(is_contactable) as bigint) as contactable_point_count
    from judged_points
    group by account_id, channel, purpose

)

select * from final
{%- endmacro %}
