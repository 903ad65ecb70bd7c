with

{% for name in crm_segmentation.staged_tables() -%}
{%- set source_name, table_name = name.split('.') -%}
read_{{ source_name }}__{{ table_name }} as (

    select
        count(*) as rows_in,
        sum(lost_value_count) as values_lost
    from {{ ref('base_' ~ source_name ~ '__' ~ table_name) }}

),

staged_{{ source_name }}__{{ table_name }} as (

    select count(*) as rows_out
    from {{ ref('stg_' ~ source_name ~ '__' ~ table_name) }}

),

{% endfor -%}

counted as (

    {%- for name in crm_segmentation.staged_tables() %}
    {%- set source_name, table_name = name.split('.') %}

    select
        '{{ source_name }}' as source_name,
        '{{ table_name }}' as table_name,
        {{ crm_segmentation.is_replaced(source_name, table_name) }} as is_replaced,
        rows_in,
        rows_out,
        values_lost
    from read_{{ source_name }}__{{ table_name }}
    cross join staged_{{ source_name }}__{{ table_name }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

quarantined as (

    select
        source_name,
        table_name,
        count(*) as rows_quarantined
    from {{ ref('quarantined_rows') }}
    where rejected_in = 'staging'
    group by
        source_name,
        table_name

),

final as (

    select
        counted.source_name,
        counted.table_name,
        counted.is_replaced,
        -- what a staging model of the installing project reads is not known here
        cast(
            case when not counted.is_replaced then counted.rows_in end as bigint
        ) as rows_in,
        cast(counted.rows_out as bigint) as rows_out,
        cast(coalesce(quarantined.rows_quarantined, 0) as bigint)
            as rows_quarantined,
        cast(coalesce(counted.values_lost, 0) as bigint) as values_lost
    from counted
    left join quarantined
        on counted.source_name = quarantined.source_name
        and counted.table_name = quarantined.table_name

)

select * from final
