{#
    A model of KPIs as of the day of the build: the whole body of `account_kpis`,
    of the demo company's `account_category_kpis`, and of `account_extra_kpis`, which
    an installing project writes in one line for the KPIs of its vars `extra_kpis`
    and `kpi_categories`:

        {{ crm_segmentation.account_kpi_model('extra') }}

    Columns: account_id, as_of_date and those of kpi_columns(scope); in account_kpis
    changed_at too, which is about all KPIs and flags.
#}
{% macro account_kpi_model(scope='own') %}
{%- set columns = crm_segmentation.kpi_columns(scope) -%}
{%- set day = crm_segmentation.date_literal(crm_segmentation.as_of_date()) -%}
with kpis as (
    select * from {{ ref('crm_segmentation', 'int_account_kpis') }}
),

{%- if scope == 'own' %}

changes as (
    select * from {{ ref('crm_segmentation', 'int_account_kpis_dated') }}
    where as_of_date = {{ day }}
),
{%- endif %}

final as (
    select
        kpis.account_id,
        kpis.as_of_date
        {%- for column in columns %},
        kpis.{{ column.column }}
        {%- endfor %}
        {%- if scope == 'own' %},
        changes.changed_at
        {%- endif %}
    from kpis
    {%- if scope == 'own' %}
    inner join changes
        on kpis.account_id = changes.account_id
    {%- endif %}
)

select * from final
{% endmacro %}
