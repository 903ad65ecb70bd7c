-- Past campaigns by the RFM cell that each contacted account was in when the month of
-- the contact began, by the present cut points, so that the cells of then and now are
-- the same ones. shrunk_response_rates() says how small cells borrow from others.
{%- set declared = crm_segmentation.rfm_response_declaration() %}
{%- set dimensions = crm_segmentation.rfm_declaration().dimensions %}
{%- set scores = [] %}
{%- for dimension in dimensions %}
    {%- do scores.append(dimension.dimension ~ '_score') %}
{%- endfor %}
{%- set as_of = crm_segmentation.as_of_date() %}
{%- set cost = declared.contact_cost_amount %}
{%- set margin = declared.response_margin_amount %}

with

activity as (

    select * from {{ ref('int_activity') }}
    where
        account_id is not null
        and occurred_at < {{ crm_segmentation.instant_literal(as_of) }}

),

measures_monthly as (

    select * from {{ ref('rfm_measures_monthly') }}

),

all_contacts as (

    select
        campaign_id,
        account_id,
        detail as arm,
        occurred_at as contacted_at,
        {{ crm_segmentation.local_date('occurred_at') }} as contacted_on,
        row_number() over (
            partition by campaign_id, account_id
            order by occurred_at, {{ crm_segmentation.by_bytes('event_id') }}
        ) as contact_number
    from activity
    where event_name = 'campaign_contact'

),

-- old enough to have had all days to respond
contacts as (

    select
        campaign_id,
        account_id,
        contacted_at,
        contacted_on,
        contacted_on - cast(extract(day from contacted_on) - 1 as integer)
            as month_began_on
    from all_contacts
    where
        contact_number = 1
        and arm <> 'control'
        and contacted_on <= {{ crm_segmentation.date_literal(
            crm_segmentation.add_days(as_of, -declared.within_days)
        ) }}

),

responses as (

    select distinct
        contacts.campaign_id,
        contacts.account_id
    from contacts
    inner join activity
        on
            contacts.account_id = activity.account_id
            and contacts.contacted_at <= activity.occurred_at
            and {{ crm_segmentation.days_between(
                'contacts.contacted_on',
                crm_segmentation.local_date('activity.occurred_at')
            ) }} < {{ declared.within_days }}
    where
        {%- if declared.response == 'purchase' %}
        activity.event_name = 'order'
        and not activity.is_cancelled
        {%- else %}
        activity.event_name = 'campaign_response'
        and contacts.campaign_id = activity.campaign_id
        {%- if declared.response != 'any' %}
        and activity.detail = {{ crm_segmentation.text_literal(declared.response) }}
        {%- endif %}
        {%- endif %}

),

scored as (

    {{ crm_segmentation.score_rfm('measures_monthly') | indent(4) }}

),

counts as (

    select
        scored.rfm_code as cell,
        count(*) as contact_count,
        count(responses.account_id) as response_count
    from contacts
    inner join scored
        on
            contacts.account_id = scored.account_id
            and contacts.month_began_on = scored.as_of_date
    left join responses
        on
            contacts.campaign_id = responses.campaign_id
            and contacts.account_id = responses.account_id
    where scored.rfm_code is not null
    group by scored.rfm_code

),

{%- for dimension in dimensions %}

{{ dimension.dimension }}_scores as (

    {%- for score in range(1, dimension.bins + 1) %}
    select {{ score }} as score
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}

),
{%- endfor %}

cells as (

    select
        {%- for dimension in dimensions %}
        {{ dimension.dimension }}_scores.score as {{ dimension.dimension }}_score,
        {%- endfor %}
        {% for dimension in dimensions -%}
        {{ '|| ' if not loop.first -}}
        cast({{ dimension.dimension }}_scores.score as text)
        {% endfor -%}
        as cell
    from {{ dimensions[0].dimension }}_scores
    {%- for dimension in dimensions[1:] %}
    cross join {{ dimension.dimension }}_scores
    {%- endfor %}

),

rates as (

    {{ crm_segmentation.shrunk_response_rates(
        'cells', 'counts', scores, declared.prior_contacts
    ) | indent(4) }}

),

rounded as (

    select
        rates.*,
        cast(rates.expected_rate as decimal(9, 6)) as expected_response_rate
    from rates

),

final as (

    select
        cast(rounded.cell as text) as rfm_code,
        {%- if crm_segmentation.rfm_declaration().segments is none %}
        cast(null as text) as rfm_segment,
        {%- else %}
        cast(segments.rfm_segment as text) as rfm_segment,
        {%- endif %}
        cast(rounded.contact_count as bigint) as contact_count,
        cast(rounded.response_count as bigint) as response_count,
        cast(
            {{ crm_segmentation.exact_quotient(
                'rounded.response_count', 'rounded.contact_count', 6
            ) }} as decimal(9, 6)
        ) as response_rate,
        cast(rounded.neighbour_contact_count as bigint) as neighbour_contact_count,
        cast(rounded.neighbour_response_count as bigint) as neighbour_response_count,
        cast(rounded.prior_rate as decimal(9, 6)) as prior_rate,
        cast(rounded.prior_contacts as decimal(18, 2)) as prior_contacts,
        rounded.expected_response_rate,
        {%- if cost is none %}
        cast(null as decimal(9, 6)) as break_even_rate,
        cast(null as decimal(18, 4)) as expected_profit_amount,
        cast(null as boolean) as is_worth_contacting
        {%- else %}
        cast(
            {{ crm_segmentation.exact_quotient(cost, margin, 6) }} as decimal(9, 6)
        ) as break_even_rate,
        cast(
            rounded.expected_response_rate * cast({{ margin }} as decimal(9, 2))
            - {{ cost }} as decimal(18, 4)
        ) as expected_profit_amount,
        rounded.expected_response_rate * cast({{ margin }} as decimal(9, 2))
        >= {{ cost }} as is_worth_contacting
        {%- endif %}
    from rounded
    {%- if crm_segmentation.rfm_declaration().segments is not none %}
    left join {{ ref(crm_segmentation.rfm_declaration().segments) }} as segments
        on rounded.cell = segments.rfm_code
    {%- endif %}

)

select * from final
