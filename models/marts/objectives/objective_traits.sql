with

declared as (

    {%- for objective in crm_segmentation.objective_declarations() %}
    {%- for trait in objective.traits %}
    select
        {{ crm_segmentation.text_literal(objective.name) }} as objective,
        {{ loop.index }} as position,
        {{ crm_segmentation.text_literal(trait.name) }} as trait,
        '{{ trait.type }}' as trait_type,
        {{ crm_segmentation.text_literal(trait.label | lower) }} as label,
        {{ trait.weight }} as weight,
        '{{ trait.transform }}' as transform,
        '{{ trait.better }}' as better,
        '{{ trait.missing }}' as missing,
        cast({{ 'null' if trait.target is none else trait.target }} as decimal(24, 6))
            as target,
        cast({{ 'null' if trait.scale is none else trait.scale }} as decimal(24, 6))
            as scale,
        {{ crm_segmentation.text_or_null(
            tojson(trait.favoured) if trait.favoured is not none else none
        ) }} as favoured
    union all
    {%- endfor %}
    {%- endfor %}
    select
        cast(null as text) as objective,
        0 as position,
        cast(null as text) as trait,
        cast(null as text) as trait_type,
        cast(null as text) as label,
        0 as weight,
        cast(null as text) as transform,
        cast(null as text) as better,
        cast(null as text) as missing,
        cast(null as decimal(24, 6)) as target,
        cast(null as decimal(24, 6)) as scale,
        cast(null as text) as favoured
    where 1 = 0

),

final as (

    select
        cast(objective as text) as objective,
        cast(position as integer) as position,
        cast(trait as text) as trait,
        cast(trait_type as text) as trait_type,
        cast(label as text) as label,
        cast(weight as decimal(9, 4)) as weight,
        cast(transform as text) as transform,
        cast(better as text) as better,
        cast(missing as text) as missing,
        cast(target as decimal(24, 6)) as target,
        cast(scale as decimal(24, 6)) as scale,
        cast(favoured as text) as favoured
    from declared

)

select * from final
