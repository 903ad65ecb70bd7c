-- Lines in = lines handed to the package + lines of stock movements and bad debt.
with

counts as (

    select
        (select count(*) from {{ source('online_retail', 'invoice_lines') }})
            as source_count,
        (select count(*) from {{ ref('stg_erp__order_lines') }}) as staged_count,
        (
            select count(*)
            from {{ ref('base_online_retail__invoice_lines') }}
            where line_kind in ('bad debt', 'nothing charged')
        ) as left_out_count

)

select * from counts
where
    source_count <> staged_count + left_out_count
    or left_out_count <> 2118
