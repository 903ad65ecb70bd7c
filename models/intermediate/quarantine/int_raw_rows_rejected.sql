with

rejected as (

    {%- for name in crm_segmentation.staged_tables() %}
    {%- set source_name, table_name = name.split('.') %}

    select
        '{{ source_name }}' as source_name,
        '{{ table_name }}' as table_name,
        record_key,
        rejected_because,
        raw_row,
        loaded_at
    from {{ ref('base_' ~ source_name ~ '__' ~ table_name) }}
    where rejected_because is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

final as (

    select
        cast(source_name as text) as source_name,
        cast(table_name as text) as table_name,
        record_key,
        split_part(rejected_because, ':', 1) as reason,
        nullif(split_part(rejected_because, ':', 2), '') as column_name,
        raw_row,
        loaded_at
    from rejected

)

select * from final
