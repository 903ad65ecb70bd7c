{#
    SQL: the accounts of a clustering's base with its features: account_id,
    as_of_date, value_<i> for the i-th feature (a double, or the text of a category),
    NULL where it is unknown. It reads the CTEs accounts and kpis.
#}
{% macro clustering_inputs(clustering) %}
    {%- set names = clustering.features | map(attribute='feature') | list
        + clustering.base.keys() | list -%}
    {%- set relations = [] -%}
    {%- set declared = [] -%}
    {%- for name in names | unique -%}
        {%- set relation = crm_segmentation.sampled_feature_relation(name) -%}
        {%- do relations.append(relation) -%}
        {%- if relation == 'declared' -%}
            {%- do declared.append(name) -%}
        {%- endif -%}
    {%- endfor -%}
select
    accounts.account_id,
    accounts.as_of_date
    {%- for feature in clustering.features %},
    cast(
        {{ crm_segmentation.sampled_feature_sql(feature.feature) }}
        as {{ crm_segmentation.type_double() if feature.type == 'number' else 'text' }}
    ) as value_{{ loop.index }}
    {%- endfor %}
from accounts
inner join kpis
    on accounts.account_id = kpis.account_id
{%- if 'feedback' in relations %}
left join (
    select
        account_id,
        max(case when kind = 'nps' then score end) as nps_score,
        max(case when kind = 'csat' then score end) as csat_score
    from {{ ref('int_feedback_scores_latest') }}
    group by account_id
) as feedback
    on accounts.account_id = feedback.account_id
{%- endif %}
{%- if declared %}
left join (
    select
        {%- for name in declared %}
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
) as declared
    on accounts.account_id = declared.account_id
{%- endif %}
{%- for relation in relations | unique if relation.startswith('model_') %}
left join {{ ref(relation[6:]) }} as {{ relation }}
    on accounts.account_id = {{ relation }}.account_id
{%- endfor %}
{%- for name, condition in clustering.base.items() %}
{%- set sql = crm_segmentation.sampled_feature_sql(name) %}
{%- set first = loop.first %}
{%- if 'operators' in condition %}
{%- set symbols = {'gt': '>', 'gte': '>=', 'lt': '<', 'lte': '<='} %}
{%- for operator, bound in condition.operators.items() %}
{{ 'where' if first and loop.first else '    and' }} {{ sql }} {{ symbols[operator] }} {{ bound }}
{%- endfor %}
{%- else %}
{{ 'where' if first else '    and' }} {{ sql }} in (
    {{- condition['values'] | join(', ') if condition.type == 'number'
        else crm_segmentation.text_literals(condition['values']) -}}
)
{%- endif %}
{%- endfor %}
{%- endmacro %}

{#
    SQL: common table expressions, each behind a comma but the first, that place the
    accounts of one clustering; the last one, <name>_placed, has account_id,
    as_of_date, clustering, cluster_id, cluster_label, distance, margin and
    fit_version. They read the CTEs accounts and kpis.

    A distance is the squared one, as that to the first centroid, c1, and what the
    distance to c is more: c * c - c1 * c1 - 2 * x * (c - c1), which for c1 is nothing
    and takes no product of two unknowns for the others. The scaling of x is part of the
    constants, which takes the values as they are. They stand in one row, since the
    number of clusters is not known when the SQL is written: as many as are declared at
    most, and NULL where there are fewer. A category adds the constants of its row of
    <name>_costs_<i>, joined by its value.

    The nearest centroid is the one of the lowest id among those whose squared
    distances exceed the least by no more than 1e-9: the last bits, in which engines
    differ, decide nothing.
#}
{% macro assign_clusters(clustering) %}
    {%- set me = clustering.name -%}
    {%- set constants = me ~ '_constants' -%}
    {%- set most = clustering.k[1] -%}
    {%- set numbers = [] -%}
    {%- set categories = [] -%}
    {%- set needed = [] -%}
    {%- for feature in clustering.features -%}
        {%- do (numbers if feature.type == 'number' else categories)
            .append([loop.index, feature]) -%}
        {%- if feature.missing == 'exclude' -%}
            {%- do needed.append('value_' ~ loop.index ~ ' is not null') -%}
        {%- endif -%}
    {%- endfor -%}
{{ me }}_parameters as (

    {{ crm_segmentation.current_fit(clustering.model_name, ref('cluster_parameters'))
        | indent(4) }}

),

{{ me }}_ranked as (

    select
        *,
        dense_rank() over (order by cluster_id) as position,
        first_value(centroid) over (
            partition by feature, category
            order by cluster_id
        ) as first_centroid,
        -- what was constant in the sample counts for nothing
        case
            when category is not null or lower_bound = upper_bound then 0
            else weight / feature_scale
        end as factor
    from {{ me }}_parameters

),

-- Parameters of other features than the declared ones give no distance to anybody,
-- rather than a wrong one; a test says so.
{{ constants }} as (

    select
        {%- for i, feature in numbers %}
        {%- set is_it = "feature = " ~ crm_segmentation.text_literal(feature.feature) %}
        max(case when {{ is_it }} then if_missing end) as if_missing_{{ i }},
        {%- if feature.winsorise %}
        max(case when {{ is_it }} then lower_bound end) as lower_bound_{{ i }},
        max(case when {{ is_it }} then upper_bound end) as upper_bound_{{ i }},
        {%- endif %}
        max(
            case
                when {{ is_it }} and factor = 0 then feature_mean
                when {{ is_it }} then feature_mean + first_centroid / factor
            end
        ) as first_{{ i }},
        max(case when {{ is_it }} then factor * factor end) as itself_{{ i }},
        {%- for cluster in range(2, most + 1) %}
        max(
            case
                when {{ is_it }} and position = {{ cluster }}
                    then -2 * factor * (centroid - first_centroid)
            end
        ) as c_{{ i }}_{{ cluster }},
        {%- endfor %}
        {%- endfor %}
        {%- for i, feature in categories %}
        {%- set is_other = "feature = "
            ~ crm_segmentation.text_literal(feature.feature)
            ~ " and category = 'other'" %}
        coalesce(
            max(
                case
                    when {{ is_other }} then weight * (weight - 2 * first_centroid)
                end
            ),
            0
        ) as other_{{ i }}_itself,
        {%- for cluster in range(2, most + 1) %}
        coalesce(
            max(
                case
                    when {{ is_other }} and position = {{ cluster }}
                        then -2 * weight * (centroid - first_centroid)
                end
            ),
            0
        ) as other_{{ i }}_{{ cluster }},
        {%- endfor %}
        {%- endfor %}
        {%- for cluster in range(2, most + 1) %}
        sum(
            case
                when position = {{ cluster }}
                    then (centroid - first_centroid) * (
                        centroid + first_centroid
                        + 2 * factor * coalesce(feature_mean, 0)
                    )
            end
        ) as c_{{ cluster }},
        {%- endfor %}
        sum(
            case when position = 1 and factor = 0 then centroid * centroid else 0 end
        ) as first_rest,
        count(distinct feature) = {{ clustering.features | length }}
        and max(position) <= {{ most }}
        and sum(
            case
                {%- for feature in clustering.features %}
                when
                    feature = {{ crm_segmentation.text_literal(feature.feature) }}
                    and transform = '{{ feature.transform }}'
                    and category is {{ 'not ' if feature.type == 'category' }}null
                    then 0
                {%- endfor %}
                else 1
            end
        ) = 0 as are_usable
    from {{ me }}_ranked

),

{%- for i, feature in categories %}

{{ me }}_costs_{{ i }} as (

    select
        category,
        {%- for cluster in range(2, most + 1) %}
        max(
            case
                when position = {{ cluster }}
                    then -2 * weight * (centroid - first_centroid)
            end
        ) as cost_{{ cluster }},
        {%- endfor %}
        max(weight * (weight - 2 * first_centroid)) as itself
    from {{ me }}_ranked
    where feature = {{ crm_segmentation.text_literal(feature.feature) }}
    group by category

),
{%- endfor %}

{{ me }}_clusters as (

    select distinct
        position,
        cluster_id,
        cluster_label,
        fit_version
    from {{ me }}_ranked

),

{{ me }}_inputs as (

    {{ crm_segmentation.clustering_inputs(clustering) | indent(4) }}

),

{{ me }}_prepared as (

    select
        {%- for i, feature in numbers %}
        {%- set value = me ~ '_inputs.value_' ~ i %}
        {%- if feature.missing != 'exclude' %}
        {%- set value = 'coalesce(' ~ value ~ ', '
            ~ crm_segmentation.constant(constants, 'if_missing_' ~ i) ~ ')' %}
        {%- endif %}
        {%- if feature.winsorise %}
        {%- set value = 'greatest(least(' ~ value ~ ', '
            ~ crm_segmentation.constant(constants, 'upper_bound_' ~ i) ~ '), '
            ~ crm_segmentation.constant(constants, 'lower_bound_' ~ i) ~ ')' %}
        {%- endif %}
        {%- if feature.transform == 'log' %}
        {%- set value = crm_segmentation.signed_log(value) %}
        {%- endif %}
        {{ value }} as value_{{ i }},
        {%- endfor %}
        {%- for i, feature in categories %}
        {%- set value = me ~ '_inputs.value_' ~ i %}
        {{ value if feature.missing == 'exclude' else 'coalesce(' ~ value ~ ', '
            ~ crm_segmentation.text_literal(feature.missing) ~ ')' }}
            as category_{{ i }},
        {%- endfor %}
        {{ me }}_inputs.account_id,
        {{ me }}_inputs.as_of_date
    from {{ me }}_inputs
    {{ crm_segmentation.constants_joined(constants) }}
    where {{ crm_segmentation.constant(constants, 'are_usable') }}
        {%- for condition in needed %}
        and {{ me }}_inputs.{{ condition }}
        {%- endfor %}
    {{ crm_segmentation.computed_once() }}

),

{{ me }}_measured as (

    select
        cast(0 as {{ crm_segmentation.type_double() }}) as d_1,
        {%- for cluster in range(2, most + 1) %}
        {{ crm_segmentation.constant(constants, 'c_' ~ cluster) }}
        {%- for i, feature in numbers %}
        + {{ me }}_prepared.value_{{ i }}
        * {{ crm_segmentation.constant(constants, 'c_' ~ i ~ '_' ~ cluster) }}
        {%- endfor %}
        {%- for i, feature in categories %}
        + coalesce(
            {{ me }}_costs_{{ i }}.cost_{{ cluster }},
            {{ crm_segmentation.constant(
                constants, 'other_' ~ i ~ '_' ~ cluster
            ) }}
        )
        {%- endfor %} as d_{{ cluster }},
        {%- endfor %}
        {%- for i, feature in numbers %}
        {%- set shifted = '(' ~ me ~ '_prepared.value_' ~ i ~ ' - '
            ~ crm_segmentation.constant(constants, 'first_' ~ i) ~ ')' %}
        {{ '+ ' if not loop.first }}{{ shifted }} * {{ shifted }}
        * {{ crm_segmentation.constant(constants, 'itself_' ~ i) }}
        {%- endfor %}
        {%- for i, feature in categories %}
        {{ '+ ' if numbers or not loop.first }}coalesce(
            {{ me }}_costs_{{ i }}.itself,
            {{ crm_segmentation.constant(constants, 'other_' ~ i ~ '_itself') }}
        )
        {%- endfor %}
        + {{ crm_segmentation.constant(constants, 'first_rest') }} as itself,
        {{ me }}_prepared.account_id,
        {{ me }}_prepared.as_of_date
    from {{ me }}_prepared
    {%- for i, feature in categories %}
    left join {{ me }}_costs_{{ i }}
        on {{ me }}_prepared.category_{{ i }} = {{ me }}_costs_{{ i }}.category
    {%- endfor %}
    {{ crm_segmentation.constants_joined(constants) }}
    {{ crm_segmentation.computed_once() }}

),

{{ crm_segmentation.nearest_of(me ~ '_measured', me ~ '_chosen', most) }},

{{ me }}_placed as (

    select
        {{ me }}_chosen.account_id,
        {{ me }}_chosen.as_of_date,
        {{ crm_segmentation.text_literal(me) }} as clustering,
        {{ me }}_clusters.cluster_id,
        {{ me }}_clusters.cluster_label,
        {{ me }}_chosen.distance,
        {{ me }}_chosen.next_distance - {{ me }}_chosen.distance as margin,
        {{ me }}_clusters.fit_version
    from {{ me }}_chosen
    inner join {{ me }}_clusters
        on {{ me }}_chosen.position = {{ me }}_clusters.position

)
{%- endmacro %}

{#
    SQL: common table expressions that find the nearest of `most` clusters. They read
    a relation with account_id, as_of_date, d_1, d_2, .. (squared distances less
    `itself`, NULL beyond the last cluster) and itself; the last one, named `result`,
    has account_id, as_of_date, position, distance and next_distance.
#}
{% macro nearest_of(measured, result, most) %}
{{ measured }}_least as (

    select
        *,
        least(
            {%- for cluster in range(1, most + 1) %}
            d_{{ cluster }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) as least_d
    from {{ measured }}
    {{ crm_segmentation.computed_once() }}

),

{{ result }} as (

    select
        account_id,
        as_of_date,
        case
            {%- for cluster in range(1, most) %}
            when d_{{ cluster }} <= least_d + 1e-9 then {{ cluster }}
            {%- endfor %}
            else {{ most }}
        end as position,
        sqrt(greatest(itself + least_d, 0)) as distance,
        {%- if most == 1 %}
        cast(null as {{ crm_segmentation.type_double() }}) as next_distance
        {%- else %}
        case
            -- where there is a second cluster
            when d_2 is not null
                then sqrt(
                    greatest(
                        itself
                        + case
                            {%- for cluster in range(1, most + 1) %}
                            {%- set others = range(1, most + 1) | reject('equalto', cluster) %}
                            {{ 'else' if loop.last else
                                'when d_' ~ cluster ~ ' <= least_d + 1e-9 then' }}
                                least(d_{{ others | join(', d_') }})
                            {%- endfor %}
                        end,
                        0
                    )
                )
        end as next_distance
        {%- endif %}
    from {{ measured }}_least

)
{%- endmacro %}

{# SQL: sign(x) * ln(1 + |x|). #}
{% macro signed_log(value) %}
    {{- return('sign(' ~ value ~ ') * ln(1 + abs(' ~ value ~ '))') -}}
{% endmacro %}
