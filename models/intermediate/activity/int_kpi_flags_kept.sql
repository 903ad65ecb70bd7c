{#- The definitions of the flags in this build and in that of the built day before
    it: a threshold that somebody changed is a reason for a flag to differ. -#}
{%- set day = crm_segmentation.date_literal(crm_segmentation.as_of_date()) -%}
{%- set columns = {
    'flag': 'text',
    'label': 'text',
    'kpi': 'text',
    'kpi_window': 'text',
    'operator': 'text',
    'threshold': 'decimal(18, 4)',
    'description': 'text',
    'kpi_column': 'text',
} -%}

with kept as (
    {{- crm_segmentation.kept_rows(columns) }}
),

flags as (
    {{- crm_segmentation.kpi_flag_definitions() | indent(4) }}
),

unioned as (
    select
        as_of_date,
        {{ columns.keys() | join(',\n        ') }}
    from kept
    union all
    select
        {{ day }} as as_of_date,
        {{ columns.keys() | join(',\n        ') }}
    from flags
),

final as (
    select
        {%- for column, type in columns.items() %}
        cast({{ column }} as {{ type }}) as {{ column }},
        {%- endfor %}
        cast(as_of_date as date) as as_of_date
    from unioned
)

select * from final
