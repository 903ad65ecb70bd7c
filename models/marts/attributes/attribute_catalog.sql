-- The catalogue that rules are read against, as a table for people and tools.
with

declared as (

    {%- for name, attribute in crm_segmentation.attribute_catalog().items() %}
    select
        {{ crm_segmentation.text_literal(name) }} as attribute,
        {{ loop.index }} as position,
        '{{ attribute.type }}' as type,
        '{{ attribute.sql_type }}' as sql_type,
        {{ crm_segmentation.text_literal(attribute.label) }} as label,
        '{{ attribute.group }}' as attribute_group,
        {{ crm_segmentation.text_literal(attribute.description) }} as description,
        {{ 'null' if attribute.unit is none
            else crm_segmentation.text_literal(attribute.unit) }} as unit,
        {{ crm_segmentation.text_literal(attribute.model) }} as model,
        {{ crm_segmentation.text_literal(attribute.column) }} as column_name,
        {{ attribute.point_in_time | lower }} as is_point_in_time,
        {{ attribute.nullable | lower }} as is_nullable,
        {{ 'null' if attribute.allowed is none
            else crm_segmentation.text_literal(attribute.allowed | join('|')) }}
            as allowed_values,
        {{ attribute.protected | lower }} as is_protected,
        {{ attribute.identifying | lower }} as is_identifying
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

final as (

    select
        cast(attribute as text) as attribute,
        cast(position as integer) as position,
        cast(type as text) as type,
        cast(sql_type as text) as sql_type,
        cast(label as text) as label,
        cast(attribute_group as text) as attribute_group,
        cast(description as text) as description,
        cast(unit as text) as unit,
        cast(model as text) as model,
        cast(column_name as text) as column_name,
        cast(is_point_in_time as boolean) as is_point_in_time,
        cast(is_nullable as boolean) as is_nullable,
        cast(allowed_values as text) as allowed_values,
        cast(is_protected as boolean) as is_protected,
        cast(is_identifying as boolean) as is_identifying
    from declared

)

select * from final
