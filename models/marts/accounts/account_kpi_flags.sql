{%- set day = crm_segmentation.date_literal(crm_segmentation.as_of_date()) -%}

with kpis as (
    select * from {{ ref('int_account_kpis') }}
),

flags as (
    select * from {{ ref('int_kpi_flags_kept') }}
    where as_of_date = {{ day }}
),

raised as (
    {{ crm_segmentation.kpi_flag_query('kpis', 'flags') | indent(4) }}
),

final as (
    select
        cast(account_id as text) as account_id,
        cast(as_of_date as date) as as_of_date,
        cast(flag as text) as flag,
        cast(label as text) as label,
        cast(kpi as text) as kpi,
        cast(kpi_window as text) as kpi_window,
        cast(operator as text) as operator,
        cast(kpi_value as decimal(18, 4)) as kpi_value,
        cast(threshold as decimal(18, 4)) as threshold
    from raised
)

select * from final
