with

raw_rows_rejected as (

    select * from {{ ref('int_raw_rows_rejected') }}

),

order_lines_rejected as (

    select * from {{ ref('int_rejected_order_lines') }}

),

final as (

    select
        source_name,
        table_name,
        record_key,
        reason,
        column_name,
        cast('staging' as text) as rejected_in,
        raw_row,
        loaded_at
    from raw_rows_rejected
    union all
    select
        source_name,
        table_name,
        record_key,
        reason,
        cast(null as text) as column_name,
        cast('activity' as text) as rejected_in,
        raw_row,
        loaded_at
    from order_lines_rejected

)

select * from final
