{#
    The features of the clusters: what the fit reads and what the SQL that assigns
    accounts transforms in the same way. Another choice is the global var
    `cluster_features`, a list of the same shape; it takes effect with a refit.

    | key        | meaning                                                     |
    |------------|-------------------------------------------------------------|
    | feature    | a KPI column that is a number                               |
    | transform  | none, or log: sign(x) * ln(1 + |x|), for amounts and counts |
    | weight     | multiplies the standardised value; above 0                  |
    | if_missing | number in place of NULL; none: an account without a value   |
    |            | has no cluster                                              |
    | low_label, high_label | words for a cluster far below, far above the mean |

    Errors: an unknown key or transform, a weight that is no number above 0, a
    feature that is no KPI; all of them together.
#}
{% macro cluster_feature_declarations() %}
    {%- set given = crm_segmentation.setting('cluster_features') -%}
    {%- if given is none -%}
        {%- set given = crm_segmentation.default_cluster_features() -%}
    {%- endif -%}
    {%- set kpis = crm_segmentation.kpi_attributes() -%}
    {%- set keys = [
        'feature', 'transform', 'weight', 'if_missing', 'low_label', 'high_label'
    ] -%}
    {%- set where = " in var 'cluster_features': got '" -%}
    {%- set features = [] -%}
    {%- set names = [] -%}
    {%- set problems = [] -%}
    {%- for item in given -%}
        {%- for key in item if key not in keys -%}
            {%- do problems.append(
                'Unknown key' ~ where ~ key ~ "'; allowed: " ~ keys | join(', ')
            ) -%}
        {%- endfor -%}
        {%- if kpis.get(item.feature, {}).get('type') != 'number' -%}
            {%- do problems.append(
                'Unknown feature' ~ where ~ item.feature ~ "'; allowed: a KPI "
                ~ 'column that is a number, like revenue_365d'
            ) -%}
        {%- elif item.feature in names -%}
            {%- do problems.append(
                'Feature given twice' ~ where ~ item.feature
                ~ "'; allowed: each feature once"
            ) -%}
        {%- endif -%}
        {%- do names.append(item.feature) -%}
        {%- set transform = item.get('transform', 'none') -%}
        {%- if transform not in ['none', 'log'] -%}
            {%- do problems.append(
                'Unknown transform' ~ where ~ transform ~ "'; allowed: none, log"
            ) -%}
        {%- endif -%}
        {%- set weight = item.get('weight', 1) -%}
        {%- if weight is not number or weight is boolean or weight <= 0 -%}
            {%- do problems.append(
                'Bad weight' ~ where ~ weight ~ "'; allowed: a number above 0"
            ) -%}
        {%- endif -%}
        {%- do features.append({
            'feature': item.feature,
            'transform': transform,
            'weight': weight,
            'if_missing': item.get('if_missing'),
            'low_label': item.get('low_label', 'low ' ~ item.feature),
            'high_label': item.get('high_label', 'high ' ~ item.feature),
        }) -%}
    {%- endfor -%}
    {%- if not features -%}
        {%- do problems.append(
            'No feature' ~ where ~ "[]'; allowed: a list of at least one"
        ) -%}
    {%- endif -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(problems | join('.\n') ~ '.') }}
    {%- endif -%}
    {{ return(features) }}
{% endmacro %}

{% macro default_cluster_features() %}
    {{ return([
        {
            'feature': 'days_since_last_order', 'transform': 'log',
            'low_label': 'bought lately', 'high_label': 'long silent',
        },
        {
            'feature': 'order_count_365d', 'transform': 'log', 'if_missing': 0,
            'low_label': 'orders rarely', 'high_label': 'orders often',
        },
        {
            'feature': 'revenue_365d', 'transform': 'log', 'if_missing': 0,
            'low_label': 'low revenue', 'high_label': 'high revenue',
        },
        {
            'feature': 'average_order_value_all', 'transform': 'log',
            'low_label': 'small orders', 'high_label': 'large orders',
        },
        {
            'feature': 'product_count_365d', 'transform': 'log', 'weight': 0.5,
            'if_missing': 0,
            'low_label': 'few products', 'high_label': 'many products',
        },
        {
            'feature': 'visit_count_90d', 'transform': 'log', 'weight': 0.5,
            'if_missing': 0,
            'low_label': 'seldom online', 'high_label': 'often online',
        },
    ]) }}
{% endmacro %}

{# SQL: a feature's value as the clusters see it, NULL where it is missing. #}
{% macro transformed_feature(feature) %}
    {%- set double = crm_segmentation.type_double() -%}
    {%- set value = 'cast(' ~ feature.feature ~ ' as ' ~ double ~ ')' -%}
    {%- if feature.if_missing is not none -%}
        {%- set value = 'coalesce(' ~ value ~ ', ' ~ feature.if_missing ~ ')' -%}
    {%- endif -%}
    {%- if feature.transform == 'log' -%}
        {%- set value = 'sign(' ~ value ~ ') * ln(1 + abs(' ~ value ~ '))' -%}
    {%- endif -%}
    {{- return(value) -}}
{% endmacro %}
