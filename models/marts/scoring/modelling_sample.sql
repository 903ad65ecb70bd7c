-- What the fits see of the customers: declared features of some of them, under a
-- salted hash, which is all that is left of who they are.
{%- do crm_segmentation.warn_of_known_salt() %}
{%- set features = crm_segmentation.sampled_features() %}
{%- set numbers = [] %}
{%- set categories = [] %}
{%- set past_days = [] %}
{%- set relations = [] %}
{%- for feature in features %}
    {%- if 0 in feature.past_months %}
        {%- do (numbers if feature.type == 'number' else categories)
            .append(feature.feature) %}
        {%- do relations.append(
            crm_segmentation.sampled_feature_relation(feature.feature)
        ) %}
    {%- endif %}
    {%- for months in feature.past_months if months > 0 %}
        {%- do past_days.append(
            crm_segmentation.date_literal(crm_segmentation.sampled_day(months))
        ) %}
    {%- endfor %}
{%- endfor %}
{%- set least = crm_segmentation.sample_setting('modelling_sample_least_group') %}

with

accounts as (

    select * from {{ ref('accounts') }}

),

kpis as (

    select * from {{ ref('account_kpis') }}

),

drawn as (

    {{ crm_segmentation.drawn_accounts() | indent(4) }}

),

{%- if 'feedback' in relations %}

feedback as (

    select
        account_id,
        max(case when kind = 'nps' then score end) as nps_score,
        max(case when kind = 'csat' then score end) as csat_score
    from {{ ref('int_feedback_scores_latest') }}
    group by account_id

),
{%- endif %}

{%- if 'declared' in relations %}

declared as (

    select
        {%- for name in categories + numbers
            if crm_segmentation.sampled_feature_relation(name) == 'declared' %}
        max(
            case
                when attribute = {{ crm_segmentation.text_literal(name) }} then value
            end
        ) as {{ name }},
        {%- endfor %}
        account_id
    from {{ ref('int_attribute_values_checked') }}
    where is_column
        and is_current
    group by account_id

),
{%- endif %}

described as (

    select
        drawn.sample_key,
        drawn.sampling_weight,
        {%- for name in numbers + categories %}
        {{ crm_segmentation.sampled_feature_sql(name) }} as {{ name }},
        {%- endfor %}
        kpis.as_of_date
    from drawn
    inner join accounts
        on drawn.account_id = accounts.account_id
    inner join kpis
        on drawn.account_id = kpis.account_id
    {%- if 'feedback' in relations %}
    left join feedback
        on drawn.account_id = feedback.account_id
    {%- endif %}
    {%- if 'declared' in relations %}
    left join declared
        on drawn.account_id = declared.account_id
    {%- endif %}
    {%- for relation in relations | unique if relation.startswith('model_') %}
    left join {{ ref(relation[6:]) }} as {{ relation }}
        on drawn.account_id = {{ relation }}.account_id
    {%- endfor %}

),

{%- if categories %}

categories as (

    {%- for name in categories %}
    select
        sample_key,
        as_of_date,
        {{ crm_segmentation.text_literal(name) }} as feature,
        {{ name }} as category
    from described
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

folded as (

    {{ crm_segmentation.folded_categories('categories', 'feature', least) | indent(4) }}

),
{%- endif %}

{%- if past_days %}

past as (

    select
        drawn.sample_key,
        month_ends.*
    from drawn
    inner join {{ ref('account_kpis_monthly') }} as month_ends
        on drawn.account_id = month_ends.account_id
    where month_ends.as_of_date in ({{ past_days | unique | join(', ') }})

),
{%- endif %}

features as (

    {%- if crm_segmentation.sample_stratum() %}
    select
        sample_key,
        as_of_date,
        'sampling_weight' as feature,
        sampling_weight as value,
        cast(null as text) as category
    from described
    union all
    {%- endif %}
    {%- for name in numbers %}
    select
        sample_key,
        as_of_date,
        {{ crm_segmentation.text_literal(name) }} as feature,
        {{ name }} as value,
        cast(null as text) as category
    from described
    {{ 'union all' if not loop.last or categories or past_days }}
    {%- endfor %}
    {%- if categories %}
    select
        categories.sample_key,
        categories.as_of_date,
        categories.feature,
        cast(null as decimal(24, 6)) as value,
        folded.folded_category as category
    from categories
    left join folded
        on categories.feature = folded.feature
        and categories.category = folded.category
    {{ 'union all' if past_days }}
    {%- endif %}
    {%- for feature in features if feature.past_months | select | list %}
    select
        sample_key,
        as_of_date,
        {{ crm_segmentation.text_literal(feature.feature) }} as feature,
        {{ feature.feature }} as value,
        cast(null as text) as category
    from past
    where as_of_date in (
        {%- for months in feature.past_months if months > 0 %}
        {{ crm_segmentation.date_literal(crm_segmentation.sampled_day(months)) }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    )
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

final as (

    select
        cast(sample_key as text) as sample_key,
        cast(as_of_date as date) as as_of_date,
        cast(feature as text) as feature,
        cast(value as decimal(24, 6)) as value,
        cast(category as text) as category
    from features

)

select * from final
