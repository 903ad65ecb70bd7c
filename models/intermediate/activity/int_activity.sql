{#- The one long table of what accounts did. Each event brings the columns that it
    has; the others are NULL. Facts after the as_of day stay in: readers cut. -#}
{%- set as_of = crm_segmentation.instant_literal(crm_segmentation.as_of_date()) -%}
{%- set columns = crm_segmentation.activity_columns() -%}
{%- set parts = {
    'orders_placed': ['order_id', 'channel', 'net_amount', 'profit_amount',
        'cancelled_at'],
    'lines_ordered': ['order_id', 'product_id', 'category', 'subcategory',
        'channel', 'quantity', 'net_amount', 'profit_amount', 'cancelled_at'],
    'lines_returned': ['order_id', 'product_id', 'category', 'subcategory',
        'channel', 'detail', 'quantity', 'net_amount', 'profit_amount',
        'cancelled_at'],
    'negative_lines': ['order_id', 'product_id', 'category', 'subcategory',
        'channel', 'quantity', 'net_amount', 'profit_amount', 'cancelled_at'],
    'pages_used': ['product_id', 'category', 'subcategory', 'channel', 'cart_id'],
    'contacts_by_campaigns': ['channel', 'campaign_id', 'detail'],
    'responses_to_campaigns': ['channel', 'campaign_id', 'detail'],
    'services_asked': ['channel', 'topic', 'detail'],
    'answers_given': ['topic', 'detail'],
    'scores_given': ['topic', 'score'],
} -%}

with orders as (
    {{ crm_segmentation.known_facts(ref('stg_erp__orders')) }}
),

order_lines as (
    select * from {{ ref('int_order_lines_converted') }}
),

returns as (
    select * from {{ ref('int_returns_converted') }}
    where rejection_reason is null
),

products as (
    select * from {{ ref('stg_erp__products') }}
),

web_events as (
    {{ crm_segmentation.known_facts(ref('stg_web__events')) }}
),

campaigns as (
    select * from {{ ref('stg_crm__campaigns') }}
),

campaign_contacts as (
    {{ crm_segmentation.known_facts(ref('stg_crm__campaign_contacts')) }}
),

campaign_responses as (
    {{ crm_segmentation.known_facts(ref('stg_crm__campaign_responses')) }}
),

service_interactions as (
    {{ crm_segmentation.known_facts(ref('stg_crm__service_interactions')) }}
),

survey_answers as (
    {{ crm_segmentation.known_facts(ref('stg_crm__survey_answers')) }}
),

feedback_scores as (
    {{ crm_segmentation.known_facts(ref('stg_crm__feedback_scores')) }}
),

account_keys as (
    select * from {{ ref('int_account_keys') }}
),

crm_account_keys as (
    select
        record_key as crm_account_id,
        account_id
    from account_keys
    where source = 'crm' and record_type = 'account'
),

order_amounts as (
    select
        order_id,
        sum(net_amount) filter (where quantity >= 0) as net_amount,
        sum(net_amount - cost_amount) filter (where quantity >= 0)
            as profit_amount,
        count(*) as line_count,
        count(*) filter (where quantity < 0) as negative_line_count
    from order_lines
    group by order_id
),

orders_placed as (
    select
        'order:' || orders.order_id as event_id,
        account_keys.account_id,
        'order' as event_name,
        orders.ordered_at as occurred_at,
        orders.loaded_at,
        orders.order_id,
        orders.channel,
        order_amounts.net_amount,
        order_amounts.profit_amount,
        orders.cancelled_at
    from orders
    left join account_keys
        on
            account_keys.source = 'erp'
            and account_keys.record_type
            = {{ crm_segmentation.order_party_type('orders') }}
            and account_keys.record_key
            = {{ crm_segmentation.order_party_key('orders') }}
    left join order_amounts
        on orders.order_id = order_amounts.order_id
    -- what holds nothing but returned quantities is a return and no order
    where
        order_amounts.order_id is null
        or order_amounts.line_count > order_amounts.negative_line_count
),

lines_ordered as (
    select
        'order_line:' || order_line_id as event_id,
        account_id,
        'order_line' as event_name,
        ordered_at as occurred_at,
        loaded_at,
        order_id,
        product_id,
        category,
        subcategory,
        channel,
        quantity,
        net_amount,
        net_amount - cost_amount as profit_amount,
        cancelled_at
    from order_lines
    where quantity >= 0 and rejection_reason is null
),

negative_lines as (
    select
        'return_line:' || order_line_id as event_id,
        account_id,
        'return' as event_name,
        ordered_at as occurred_at,
        loaded_at,
        order_id,
        product_id,
        category,
        subcategory,
        channel,
        -quantity as quantity,
        -net_amount as net_amount,
        -net_amount - abs(cost_amount) as profit_amount,
        cancelled_at
    from order_lines
    where quantity < 0 and rejection_reason is null
),

lines_returned as (
    select
        'return:' || return_id as event_id,
        account_id,
        'return' as event_name,
        returned_at as occurred_at,
        loaded_at,
        order_id,
        product_id,
        category,
        subcategory,
        channel,
        reason as detail,
        quantity,
        net_amount,
        net_amount - cost_amount as profit_amount,
        cancelled_at
    from returns
),

pages_used as (
    select
        'web:' || web_events.event_id as event_id,
        -- who was logged in says more than whose browser it is
        coalesce(
            customer_keys.account_id,
            user_keys.account_id,
            visitor_keys.account_id
        ) as account_id,
        web_events.event_name,
        web_events.occurred_at,
        web_events.loaded_at,
        web_events.product_id,
        products.category,
        products.subcategory,
        'web' as channel,
        web_events.cart_id
    from web_events
    left join account_keys as customer_keys
        on
            customer_keys.source = 'erp'
            and customer_keys.record_type = 'customer'
            and web_events.erp_customer_id = customer_keys.record_key
    left join account_keys as user_keys
        on
            user_keys.source = 'web'
            and user_keys.record_type = 'user'
            and {{ crm_segmentation.fold('web_events.user_email') }}
            = user_keys.record_key
    left join account_keys as visitor_keys
        on
            visitor_keys.source = 'web'
            and visitor_keys.record_type = 'visitor'
            and web_events.visitor_id = visitor_keys.record_key
    left join products
        on web_events.product_id = products.product_id
),

contacts_by_campaigns as (
    select
        'campaign_contact:' || campaign_contacts.campaign_contact_id as event_id,
        crm_account_keys.account_id,
        'campaign_contact' as event_name,
        campaign_contacts.contacted_at as occurred_at,
        campaign_contacts.loaded_at,
        campaigns.channel,
        campaign_contacts.campaign_id,
        campaign_contacts.arm as detail
    from campaign_contacts
    left join campaigns
        on campaign_contacts.campaign_id = campaigns.campaign_id
    left join crm_account_keys
        on campaign_contacts.crm_account_id = crm_account_keys.crm_account_id
),

responses_to_campaigns as (
    select
        'campaign_response:' || campaign_responses.campaign_response_id
            as event_id,
        crm_account_keys.account_id,
        'campaign_response' as event_name,
        campaign_responses.responded_at as occurred_at,
        campaign_responses.loaded_at,
        campaigns.channel,
        campaign_responses.campaign_id,
        campaign_responses.response_type as detail
    from campaign_responses
    left join campaigns
        on campaign_responses.campaign_id = campaigns.campaign_id
    left join crm_account_keys
        on campaign_responses.crm_account_id = crm_account_keys.crm_account_id
),

services_asked as (
    select
        'service_interaction:' || service_interactions.interaction_id
            as event_id,
        crm_account_keys.account_id,
        'service_interaction' as event_name,
        service_interactions.opened_at as occurred_at,
        service_interactions.loaded_at,
        service_interactions.channel,
        service_interactions.topic,
        -- the priority stays as it was; the status would rewrite the past
        service_interactions.priority as detail
    from service_interactions
    left join crm_account_keys
        on
            service_interactions.crm_account_id
            = crm_account_keys.crm_account_id
),

answers_given as (
    select
        'survey_answer:' || survey_answers.answer_id as event_id,
        crm_account_keys.account_id,
        'survey_answer' as event_name,
        survey_answers.answered_at as occurred_at,
        survey_answers.loaded_at,
        survey_answers.question as topic,
        survey_answers.answer as detail
    from survey_answers
    left join crm_account_keys
        on survey_answers.crm_account_id = crm_account_keys.crm_account_id
),

scores_given as (
    select
        'feedback:' || feedback_scores.feedback_id as event_id,
        crm_account_keys.account_id,
        'feedback' as event_name,
        feedback_scores.given_at as occurred_at,
        feedback_scores.loaded_at,
        feedback_scores.kind as topic,
        feedback_scores.score
    from feedback_scores
    left join crm_account_keys
        on feedback_scores.crm_account_id = crm_account_keys.crm_account_id
),

unioned as (
    {%- for part, given in parts.items() %}
    select
        event_id,
        account_id,
        event_name,
        occurred_at,
        {%- for column, type in columns.items() %}
        {{ column if column in given else 'cast(null as ' ~ type ~ ')' }}
            as {{ column }},
        {%- endfor %}
        loaded_at
    from {{ part }}
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        cast(event_id as text) as event_id,
        cast(account_id as text) as account_id,
        cast(event_name as text) as event_name,
        cast(occurred_at as timestamp) as occurred_at,
        cast(loaded_at as timestamp) as loaded_at,
        {%- for column, type in columns.items() %}
        cast({{ column }} as {{ type }}) as {{ column }},
        {%- endfor %}
        coalesce(cancelled_at < {{ as_of }}, false) as is_cancelled
    from unioned
)

select * from final
