-- Counted in the sources themselves, not in a model that could have lost rows
-- already: what the balance of staging is held against.
with

{% for name in crm_segmentation.staged_tables() -%}
{%- set source_name, table_name = name.split('.') -%}
{{ source_name }}__{{ table_name }} as (

    select count(*) as row_count
    from {{ crm_segmentation.raw(source_name, table_name) }}

),

{% endfor -%}

counted as (

    {%- for name in crm_segmentation.staged_tables() %}
    {%- set source_name, table_name = name.split('.') %}

    select
        '{{ source_name }}' as source_name,
        '{{ table_name }}' as table_name,
        row_count
    from {{ source_name }}__{{ table_name }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

final as (

    select
        cast(source_name as text) as source_name,
        cast(table_name as text) as table_name,
        cast(row_count as bigint) as row_count
    from counted

)

select * from final
