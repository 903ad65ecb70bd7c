-- What sets each cluster apart: its members today against all that are placed, and the
-- centroid of the fit.
{%- set clusterings = crm_segmentation.clusterings() %}

with

accounts as (

    select * from {{ ref('accounts') }}

),

kpis as (

    select * from {{ ref('account_kpis') }}

),

account_clusters as (

    select * from {{ ref('account_clusters') }}

),

{%- for clustering in clusterings %}
{%- set me = clustering.name %}

{{ me }}_parameters as (

    {{ crm_segmentation.current_fit(clustering.model_name, ref('cluster_parameters'))
        | indent(4) }}

),

{{ me }}_members as (

    select
        account_id,
        cluster_id
    from account_clusters
    where clustering = {{ crm_segmentation.text_literal(me) }}

),

{{ me }}_inputs as (

    {{ crm_segmentation.clustering_inputs(clustering) | indent(4) }}

),

{{ me }}_described as (

    select
        {%- for feature in clustering.features %}
        {%- set value = me ~ '_inputs.value_' ~ loop.index %}
        {{ value if feature.type == 'number' else 'coalesce(' ~ value ~ ', '
            ~ crm_segmentation.text_literal(feature.missing) ~ ')' }}
            as value_{{ loop.index }},
        {%- endfor %}
        {{ me }}_members.cluster_id
    from {{ me }}_members
    inner join {{ me }}_inputs
        on {{ me }}_members.account_id = {{ me }}_inputs.account_id

),

{{ me }}_sizes as (

    select
        cluster_id,
        count(*) as member_count,
        sum(count(*)) over () as placed_count
    from {{ me }}_described
    group by cluster_id

),

{{ me }}_wide as (

    select
        {%- for feature in clustering.features %}
        {%- if feature.type == 'number' %}
        {%- set value = 'cast(value_' ~ loop.index ~ ' as decimal(24, 5))' %}
        sum({{ value }}) as sum_{{ loop.index }},
        count({{ value }}) as count_{{ loop.index }},
        sum(sum({{ value }})) over () as sum_of_all_{{ loop.index }},
        sum(count({{ value }})) over () as count_of_all_{{ loop.index }},
        {%- endif %}
        {%- endfor %}
        cluster_id
    from {{ me }}_described
    group by cluster_id

),

{{ me }}_means as (

    {%- for feature in clustering.features %}
    {%- set i = loop.index %}
    {%- set is_number = feature.type == 'number' %}
    select
        cluster_id,
        {{ crm_segmentation.text_literal(feature.feature) }} as feature,
        {{ 'cast(null as text)' if is_number else 'value_' ~ i }} as category,
        {%- if is_number %}
        {{ crm_segmentation.exact_quotient('sum_' ~ i, 'count_' ~ i, 2) }}
            as mean_value,
        {{ crm_segmentation.exact_quotient(
            'sum_of_all_' ~ i, 'count_of_all_' ~ i, 2
        ) }} as mean_of_all,
        {%- else %}
        cast(null as decimal(24, 2)) as mean_value,
        cast(null as decimal(24, 2)) as mean_of_all,
        {%- endif %}
        {{ 'cast(null as bigint)' if is_number else 'count(*)' }} as category_count,
        {{ 'cast(null as bigint)' if is_number
            else 'sum(count(*)) over (partition by value_' ~ i ~ ')' }}
            as category_count_of_all
    from {{ me }}_{{ 'wide' if is_number else 'described' }}
    {{- '\n    group by cluster_id, value_' ~ i if not is_number }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

{{ me }}_profiles as (

    select
        {{ crm_segmentation.text_literal(me) }} as clustering,
        {{ me }}_sizes.cluster_id,
        labels.cluster_label,
        {{ me }}_sizes.member_count,
        {{ me }}_sizes.placed_count,
        {{ me }}_means.feature,
        {{ me }}_means.category,
        {{ me }}_means.mean_value,
        {{ me }}_means.mean_of_all,
        {{ me }}_means.category_count,
        {{ me }}_means.category_count_of_all,
        parameters.centroid / parameters.weight as deviation,
        labels.fit_version
    from {{ me }}_means
    inner join {{ me }}_sizes
        on {{ me }}_means.cluster_id = {{ me }}_sizes.cluster_id
    inner join (
        select distinct
            cluster_id,
            cluster_label,
            fit_version
        from {{ me }}_parameters
    ) as labels
        on {{ me }}_means.cluster_id = labels.cluster_id
    left join {{ me }}_parameters as parameters
        on {{ me }}_means.cluster_id = parameters.cluster_id
        and {{ me }}_means.feature = parameters.feature
        and {{ me }}_means.category is null
        and parameters.category is null

),
{%- endfor %}

profiles as (

    {%- for clustering in clusterings %}
    select * from {{ clustering.name }}_profiles
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        clustering,
        cluster_id,
        cluster_label,
        0 as member_count,
        0 as placed_count,
        cast(null as text) as feature,
        cast(null as text) as category,
        null as mean_value,
        null as mean_of_all,
        null as category_count,
        null as category_count_of_all,
        null as deviation,
        fit_version
    from account_clusters
    {%- endfor %}

),

final as (

    select
        cast(clustering as text) as clustering,
        cast(cluster_id as integer) as cluster_id,
        cast(cluster_label as text) as cluster_label,
        cast(member_count as bigint) as member_count,
        cast(placed_count as bigint) as placed_count,
        cast(feature as text) as feature,
        cast(category as text) as category,
        cast(mean_value as decimal(24, 2)) as mean_value,
        cast(mean_of_all as decimal(24, 2)) as mean_of_all,
        cast(category_count as bigint) as category_count,
        cast(category_count_of_all as bigint) as category_count_of_all,
        cast(deviation as decimal(18, 2)) as deviation,
        cast(fit_version as integer) as fit_version
    from profiles

)

select * from final
