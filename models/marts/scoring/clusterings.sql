-- Python models cannot read the settings of the project, so they stand in a table.
{%- set clusterings = crm_segmentation.clusterings() %}

with

declared as (

    {%- for clustering in clusterings %}
    select
        {{ crm_segmentation.text_literal(clustering.name) }} as clustering,
        {{ crm_segmentation.text_literal(clustering.label) }} as label,
        {{ crm_segmentation.text_literal(
            tojson(clustering, sort_keys=true)
        ) }} as declaration
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        '' as clustering,
        '' as label,
        '' as declaration
    {%- endfor %}

),

final as (

    select
        cast(clustering as text) as clustering,
        cast(label as text) as label,
        cast(declaration as text) as declaration
    from declared
    where clustering <> ''

)

select * from final
