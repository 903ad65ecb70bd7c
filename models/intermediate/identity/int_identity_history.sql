{#-
    What earlier runs knew is nowhere else, so a full refresh keeps it. A second run
    of a day first takes back what the first one wrote; one that does not record
    history leaves it as it is.
-#}
{{ config(
    materialized='incremental',
    full_refresh=false,
    pre_hook="{{ crm_segmentation.forget_identity_of_today() }}"
) }}
{%- set as_of = crm_segmentation.date_literal(crm_segmentation.as_of_date()) %}
with account_keys as (
    select * from {{ ref('int_account_keys') }}
),

edges as (
    select * from {{ ref('int_identity_edges') }}
    where not is_cut
),

recorded as (
    {%- if is_incremental() %}
    select * from {{ this }}
    where as_of_date < {{ as_of }}
    {%- else %}
    select
        source,
        record_type,
        founding_key,
        account_id,
        cast(null as date) as as_of_date
    from account_keys
    where 1 = 0
    {%- endif %}
),

-- A guest is founded on his first order and a user on his first login. One that
-- was earlier and came late founds them anew: the keys of old are still theirs.
former_keys as (
    select
        account_keys.source,
        account_keys.record_type,
        orders.order_id as former_key,
        account_keys.node
    from {{ ref('stg_erp__orders') }} as orders
    inner join account_keys
        on
            account_keys.source = 'erp'
            and account_keys.record_type = 'guest'
            and {{ crm_segmentation.fold('orders.guest_email') }}
            = account_keys.record_key
    where orders.erp_customer_id is null
    union all
    select
        account_keys.source,
        account_keys.record_type,
        web_events.event_id as former_key,
        account_keys.node
    from {{ ref('stg_web__events') }} as web_events
    inner join account_keys
        on
            account_keys.source = 'web'
            and account_keys.record_type = 'user'
            and {{ crm_segmentation.fold('web_events.user_email') }}
            = account_keys.record_key
),

recorded_keys as (
    select
        source,
        record_type,
        founding_key as former_key,
        node
    from account_keys
    union
    select
        source,
        record_type,
        former_key,
        node
    from former_keys
),

ranked_recorded as (
    select
        recorded_keys.node,
        recorded.account_id,
        row_number() over (
            partition by recorded_keys.node
            order by
                recorded.as_of_date desc nulls last,
                {{ crm_segmentation.by_bytes('recorded.founding_key') }} nulls last
        ) as place
    from recorded
    inner join recorded_keys
        on
            recorded.source = recorded_keys.source
            and recorded.record_type = recorded_keys.record_type
            and recorded.founding_key = recorded_keys.former_key
),

compared as (
    select
        account_keys.node,
        account_keys.source,
        account_keys.record_type,
        account_keys.founding_key,
        account_keys.account_id,
        ranked_recorded.account_id as previous_account_id
    from account_keys
    left join ranked_recorded
        on
            account_keys.node = ranked_recorded.node
            and ranked_recorded.place = 1
),

-- The edge that led out of the old account into the rest of the new one.
edge_ends as (
    select
        left_ends.account_id,
        left_ends.previous_account_id as left_previous_id,
        right_ends.previous_account_id as right_previous_id,
        edges.rule_name,
        edges.strength,
        edges.left_node,
        edges.right_node,
        edges.left_source || ':' || edges.left_record_type || ':'
        || edges.left_key as left_record,
        edges.right_source || ':' || edges.right_record_type || ':'
        || edges.right_key as right_record
    from edges
    inner join compared as left_ends
        on edges.left_node = left_ends.node
    inner join compared as right_ends
        on edges.right_node = right_ends.node
    where
        left_ends.previous_account_id is distinct from
        right_ends.previous_account_id
),

edges_out as (
    select
        account_id,
        left_previous_id as previous_account_id,
        rule_name,
        strength,
        left_node,
        right_node,
        left_record,
        right_record
    from edge_ends
    union all
    select
        account_id,
        right_previous_id as previous_account_id,
        rule_name,
        strength,
        left_node,
        right_node,
        left_record,
        right_record
    from edge_ends
),

ranked_edges_out as (
    select
        *,
        row_number() over (
            partition by account_id, previous_account_id
            order by
                strength,
                left_node,
                right_node,
                {{ crm_segmentation.by_bytes('rule_name') }} nulls last
        ) as place
    from edges_out
    where previous_account_id is not null
),

living_accounts as (
    select distinct account_id from account_keys
),

final as (
    select
        {{ as_of }} as as_of_date,
        cast(compared.source as text) as source,
        cast(compared.record_type as text) as record_type,
        cast(compared.founding_key as text) as founding_key,
        cast(compared.account_id as text) as account_id,
        cast(compared.previous_account_id as text) as previous_account_id,
        cast(case
            when compared.previous_account_id is null then 'new'
            when living_accounts.account_id is not null then 'split'
            -- no edge led out: an older key of the same customer came late
            when ranked_edges_out.rule_name is null then 'refounded'
            else 'merged'
        end as text) as change,
        cast(ranked_edges_out.rule_name as text) as rule_name,
        cast(ranked_edges_out.left_record as text) as left_record,
        cast(ranked_edges_out.right_record as text) as right_record
    from compared
    left join living_accounts
        on compared.previous_account_id = living_accounts.account_id
    left join ranked_edges_out
        on
            compared.account_id = ranked_edges_out.account_id
            and compared.previous_account_id = ranked_edges_out.previous_account_id
            and ranked_edges_out.place = 1
    where
        compared.account_id is distinct from compared.previous_account_id
        {%- if not crm_segmentation.setting('record_history') %}
        and 1 = 0
        {%- endif %}
)

select * from final
