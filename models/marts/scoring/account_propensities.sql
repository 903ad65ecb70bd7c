-- Logistic regression and its sigmoid, applied exactly as fitted: transformed,
-- standardised, clipped, weighted, added up in the order of the features.
{%- set features = crm_segmentation.propensity_features() | sort(attribute='feature') %}
{%- set models = crm_segmentation.propensity_models() %}

with

kpis as (

    select * from {{ ref('account_kpis') }}

),

{%- for model in models %}

{{ model }}_parameters as (

    {{ crm_segmentation.current_fit(model, ref('propensity_parameters'))
        | indent(4) }}

),

-- Parameters of other features than the declared ones give no probability, rather
-- than a wrong one.
{{ model }}_fitted as (

    select
        {%- for feature in features %}
        {%- set position = loop.index %}
        {%- set name = crm_segmentation.text_literal(feature.feature) %}
        {%- for part in ['mean', 'scale', 'coefficient'] %}
        max(case when parameter = '{{ part }}' and name = {{ name }} then value end)
            as {{ part }}_{{ position }},
        {%- endfor %}
        {%- endfor %}
        {%- for part in ['intercept', 'calibration_slope', 'calibration_offset'] %}
        max(case when parameter = '{{ part }}' then value end) as {{ part }},
        {%- endfor %}
        sum(case when parameter = 'coefficient' then 1 else 0 end) as feature_count,
        max(fit_version) as fit_version
    from {{ model }}_parameters

),
{%- endfor %}

transformed as (

    select
        account_id,
        as_of_date,
        days_since_last_order,
        {%- for feature in features %}
        {{ crm_segmentation.propensity_feature_value(feature) }}
            as value_{{ loop.index }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from kpis
    where order_day_count_all > 0

),

standardised as (

    select
        transformed.account_id,
        transformed.as_of_date,
        {%- for model, declared in models.items() %}
        {%- for feature in features %}
        {%- set i = loop.index %}
        (transformed.value_{{ i }} - {{ model }}_fitted.mean_{{ i }})
        / {{ model }}_fitted.scale_{{ i }} as {{ model }}_{{ i }},
        {%- endfor %}
        {%- set of_whom = [] %}
        {%- do of_whom.append(
            model ~ '_fitted.feature_count = ' ~ features | length
        ) %}
        {%- if declared.active_days is not none %}
        {%- do of_whom.append(
            'transformed.days_since_last_order <= ' ~ declared.active_days
        ) %}
        {%- endif %}
        coalesce({{ of_whom | join(' and ') }}, false) as is_asked_of_{{ model }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from transformed
    {%- for model in models %}
    cross join {{ model }}_fitted
    {%- endfor %}

),

-- `greatest` and `least` skip NULL, so a missing value is looked for before them
scored as (

    select
        standardised.account_id,
        standardised.as_of_date,
        {%- for model in models %}
        {%- set sum = [] %}
        {%- for feature in features %}
        {%- do sum.append('standardised.' ~ model ~ '_' ~ loop.index) %}
        {%- endfor %}
        case
            when
                standardised.is_asked_of_{{ model }}
                and {{ sum | join('\n                + ') }}
                is not null
                then
                    {{ model }}_fitted.calibration_offset
                    + {{ model }}_fitted.calibration_slope * (
                        {{ model }}_fitted.intercept
                        {%- for value in sum %}
                        + greatest(least({{ value }}, 5), -5)
                        * {{ model }}_fitted.coefficient_{{ loop.index }}
                        {%- endfor %}
                    )
        end as {{ model }}_score,
        {{ model }}_fitted.fit_version as {{ model }}_fit_version
        {{- ',' if not loop.last }}
        {%- endfor %}
    from standardised
    {%- for model in models %}
    cross join {{ model }}_fitted
    {%- endfor %}

),

final as (

    select
        cast(account_id as text) as account_id,
        cast(as_of_date as date) as as_of_date,
        {%- for model in models %}
        cast(
            case
                when {{ model }}_score is not null
                    then 1 / (1 + exp(greatest(least({{ model }}_score, 700), -700)))
            end as decimal(9, 6)
        ) as {{ model }}_probability,
        cast(
            case when {{ model }}_score is not null then {{ model }}_fit_version end
            as integer
        ) as {{ model }}_fit_version
        {{- ',' if not loop.last }}
        {%- endfor %}
    from scored

)

select * from final
