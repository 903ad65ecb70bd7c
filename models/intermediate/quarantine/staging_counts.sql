with

raw_row_counts as (

    select * from {{ ref('raw_row_counts') }}

),

raw_rows_rejected as (

    select * from {{ ref('int_raw_rows_rejected') }}

),

staged as (

    {%- for name in crm_segmentation.staged_tables() %}
    {%- set source_name, table_name = name.split('.') %}

    select
        '{{ source_name }}' as source_name,
        '{{ table_name }}' as table_name,
        {{ crm_segmentation.is_replaced(source_name, table_name) | lower }}
            as is_replaced,
        (
            select count(*)
            from {{ ref('stg_' ~ source_name ~ '__' ~ table_name) }}
        ) as rows_out,
        (
            select sum(lost_value_count)
            from {{ ref('base_' ~ source_name ~ '__' ~ table_name) }}
        ) as values_lost
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
    from raw_rows_rejected
    group by
        source_name,
        table_name

),

final as (

    select
        staged.source_name,
        staged.table_name,
        staged.is_replaced,
        -- what a staging model of the installing project reads is not known here
        case when not staged.is_replaced then raw_row_counts.row_count end as rows_in,
        cast(staged.rows_out as bigint) as rows_out,
        cast(coalesce(quarantined.rows_quarantined, 0) as bigint)
            as rows_quarantined,
        cast(coalesce(staged.values_lost, 0) as bigint) as values_lost
    from staged
    inner join raw_row_counts
        on
            staged.source_name = raw_row_counts.source_name
            and staged.table_name = raw_row_counts.table_name
    left join quarantined
        on
            staged.source_name = quarantined.source_name
            and staged.table_name = quarantined.table_name

)

select * from final
