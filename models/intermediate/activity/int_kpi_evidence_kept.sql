{#- What the builds of two days knew: this one's, and that of the day before it
    which was built. By it a change of the facts is told from the passing of time.
    A table that reads itself, so a full refresh keeps what it remembers. -#}
{%- set day = crm_segmentation.date_literal(crm_segmentation.as_of_date()) -%}
{%- set columns = crm_segmentation.kpi_evidence_columns() -%}

with kept as (
    {{- crm_segmentation.kept_rows(columns) }}
),

activity_by_day as (
    select * from {{ ref('int_activity_by_day') }}
),

visible_now as (
    select
        {{ day }} as as_of_date,
        {%- for column in columns if column != 'ended_on' %}
        {{ column }},
        {%- endfor %}
        -- a cancellation that lies ahead is not known yet, the planned end of a
        -- contract is
        case
            when event_name = 'contract_renewal' or ended_on < {{ day }}
                then ended_on
        end as ended_on
    from activity_by_day
),

unioned as (
    select
        as_of_date,
        {{ columns.keys() | join(',\n        ') }}
    from kept
    union all
    select
        as_of_date,
        {{ columns.keys() | join(',\n        ') }}
    from visible_now
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
