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

{#
    A model of KPIs on the last 24 month ends, recomputed from the facts, so that
    late ones are in: the whole body of `account_kpis_monthly`, and of a model of
    the installing project with the scope extra.

    Columns: account_id, as_of_date and those of kpi_columns(scope).
#}
{% macro account_kpi_monthly_model(scope='own') %}
with founded_accounts as (
    select
        account_id,
        {{ crm_segmentation.local_date('founded_at') }} as first_seen_on
    from {{ ref('crm_segmentation', 'int_accounts') }}
),

kpis as (
    {{ crm_segmentation.kpi_query(
        days=crm_segmentation.month_ends(),
        evidence=ref('crm_segmentation', 'int_activity_by_day'),
        accounts='founded_accounts',
        scope=scope
    ) | indent(4) }}
)

select * from kpis
{% endmacro %}
