-- What the fits read is known to macros, but for flags, which are rows.
{%- set definitions = crm_segmentation.fit_definitions() %}
{%- set names_flags = definitions | selectattr('kind', 'equalto', 'flag') | list %}

with

flags as (

    {{ crm_segmentation.kpi_flag_definitions() | indent(4) }}

),

kpis as (

    {%- for column in crm_segmentation.kpi_columns() if names_flags %}
    select
        {{ crm_segmentation.text_literal(column.column) }} as kpi_column,
        {{ crm_segmentation.text_literal(crm_segmentation.short_hash(
            crm_segmentation.attribute_definition(column.column).means
        )) }} as definition_hash
    union all
    {%- endfor %}
    select
        cast(null as text) as kpi_column,
        cast(null as text) as definition_hash
    where 1 = 0

),

listed as (

    {%- for definition in definitions %}
    select
        {{ crm_segmentation.text_literal(definition.model_name) }} as model_name,
        {{ crm_segmentation.text_literal(definition.kind) }} as kind,
        {{ crm_segmentation.text_literal(definition.name) }} as name,
        {{ crm_segmentation.text_literal(definition.hash) }} as definition_hash
    union all
    {%- endfor %}
    select
        cast(null as text) as model_name,
        cast(null as text) as kind,
        cast(null as text) as name,
        cast(null as text) as definition_hash
    where 1 = 0

),

of_flags as (

    select
        listed.model_name,
        listed.kind,
        listed.name,
        substr(md5(
            flags.kpi_column
            || ' ' || flags.operator
            || ' ' || cast(flags.threshold as text)
            || ' ' || coalesce(kpis.definition_hash, '')
        ), 1, 8) as definition_hash
    from listed
    -- of the texts in a rule that asks for flags few are flags
    inner join flags
        on listed.name = flags.flag
    left join kpis
        on flags.kpi_column = kpis.kpi_column
    where listed.kind = 'flag'

),

all_kinds as (

    select * from listed
    where kind <> 'flag'
    union all
    select * from of_flags

),

final as (

    select
        cast(model_name as text) as model_name,
        cast(kind as text) as kind,
        cast(name as text) as name,
        cast(definition_hash as text) as definition_hash
    from all_kinds

)

select * from final
