{#
    Membership SQL of a rule that was read: base first, evidence aggregated to one
    row per account, left joins, one boolean expression.
#}
{% macro render_members(rule) %}
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

    {{ (cte.sql if cte.sql is defined
        else crm_segmentation[cte.render](cte)) | indent(4) }}

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
