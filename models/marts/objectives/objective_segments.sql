-- What each segment of ideal customers looks like, trait by trait.
with

declared as (

    select * from {{ ref('objectives') }}

),

recorded as (

    {%- for objective in crm_segmentation.objective_declarations() %}
    select * from (
        {{ crm_segmentation.current_fit(objective.name, ref('objective_parameters'))
            | indent(8) }}
    ) as objective_{{ loop.index }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select * from {{ ref('objective_parameters') }} where 1 = 0
    {%- endfor %}

),

final as (

    select
        cast(recorded.model_name as text) as objective,
        cast(recorded.segment_id as integer) as segment_id,
        cast(recorded.segment_label as text) as segment_label,
        cast(recorded.ideal_count as bigint) as ideal_count,
        cast(recorded.trait as text) as trait,
        cast(coalesce(recorded.value, '') as text) as value,
        cast(recorded.weight as decimal(9, 4)) as weight,
        cast(recorded.target as decimal(24, 6)) as target,
        cast(recorded.scale as decimal(24, 6)) as scale,
        cast(recorded.penalty as decimal(9, 6)) as penalty,
        cast(recorded.support as bigint) as support,
        cast(recorded.lift as decimal(12, 6)) as lift,
        cast(recorded.source as text) as source,
        cast(recorded.fit_version as integer) as fit_version
    from recorded
    inner join declared
        on recorded.model_name = declared.objective

)

select * from final
