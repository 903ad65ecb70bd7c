{#
    Membership SQL of a rule that was read: base first, evidence aggregated to one
    row per account, left joins, one boolean expression.
#}
{% macro render_members(rule) %}
    {%- set indent = '    ' -%}
    {%- set joins = [] -%}
    {%- for name in rule.attribute_models -%}
        {%- do joins.append([ref(name) | string, name]) -%}
    {%- endfor -%}
    {%- for cte in rule.ctes -%}
        {%- do joins.append([cte.name, cte.name]) -%}
    {%- endfor -%}
with base as (

    select account_id
    from {{ ref(rule.base) }}

),
{% for cte in rule.ctes %}
{{ cte.name }} as (

{{ indent }}{{ crm_segmentation.render_cte(cte) | indent(4) }}

),
{% endfor %}
members as (

    select base.account_id
    from base
    {%- for relation, name in joins %}
    left join {{ relation if relation == name else relation ~ ' as ' ~ name }}
        on base.account_id = {{ name }}.account_id
    {%- endfor %}
    where
        {{ rule.sql | indent(8) }}

),

final as (

    select
        cast(account_id as {{ dbt.type_string() }}) as account_id,
        {{ crm_segmentation.date_literal(rule.as_of) }} as as_of_date,
        cast('{{ rule.hash }}' as {{ dbt.type_string() }}) as rule_hash
    from members

)

select * from final
{%- endmacro %}

{# One CTE of evidence: one row per account_id. #}
{% macro render_cte(cte) %}
    {%- if cte.sql is defined -%}
{{ cte.sql }}
    {%- else -%}
select
    {{ cte.alias }}.account_id,
    {%- for column in cte.columns %}
    {{ column.sql }} as {{ column.name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref(cte.model) }} as {{ cte.alias }}
where
    {{ crm_segmentation.evidence_scope(cte) | indent(4) }}
group by {{ cte.alias }}.account_id
    {%- endif -%}
{% endmacro %}

{#
    The rows that the leaves of one CTE can need at all: so one pass over the table
    serves them all, and an engine can skip the rest.
#}
{% macro evidence_scope(cte) %}
    {%- set lines = [] -%}
    {%- set names = [] -%}
    {%- set earliest = namespace(day=none, open=false) -%}
    {%- for column in cte.columns -%}
        {%- if column.selected not in names -%}
            {%- do names.append(column.selected) -%}
        {%- endif -%}
        {%- if column.earliest is none -%}
            {%- set earliest.open = true -%}
        {%- elif earliest.day is none or column.earliest < earliest.day -%}
            {%- set earliest.day = column.earliest -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set literals = [] -%}
    {%- for name in names -%}
        {%- do literals.append(crm_segmentation.text_literal(name)) -%}
    {%- endfor -%}
    {%- set selector = cte.alias ~ '.' ~ cte.selector -%}
    {%- do lines.append(
        selector ~ ' = ' ~ literals[0] if literals | length == 1
        else selector ~ ' in (' ~ literals | join(', ') ~ ')'
    ) -%}
    {%- if not earliest.open -%}
        {%- do lines.append(
            cte.alias ~ '.occurred_at >= '
            ~ crm_segmentation.instant_literal(earliest.day)
        ) -%}
    {%- endif -%}
    {{- return((lines + cte.visible) | join('\nand ')) -}}
{% endmacro %}
