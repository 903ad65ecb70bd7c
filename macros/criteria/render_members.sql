{#
    Membership SQL of a rule that was read: base first, evidence aggregated to one
    row per account, left joins, one boolean expression.
#}
{% macro render_members(rule) -%}
with {{ crm_segmentation.rule_ctes(rule) }}

members as (

    select base.account_id
    {{ crm_segmentation.rule_joins(rule) | indent(4) }}
    where
        {{ crm_segmentation.filter_of(rule.root) | indent(8) }}

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

{#
    The CTEs that a rule's SQL needs: the base and the evidence, each with a comma
    behind it. Their names are the same in every rule, so two rules in one statement
    need a `with` of their own each.
#}
{% macro rule_ctes(rule) -%}
base as (

    select account_id
    from {{ crm_segmentation.rule_relation(rule, rule.base) }}

),
{%- for cte in rule.ctes %}

{{ cte.name }} as (

    {{ (cte.sql if cte.sql is defined
        else crm_segmentation[cte.render](cte)) | indent(4) }}

),
{%- endfor %}
{%- endmacro %}

{# From the base with all that the rule's SQL names joined to it. #}
{% macro rule_joins(rule) -%}
    {%- set joins = [] -%}
    {%- for name in rule.attribute_models -%}
        {%- do joins.append([crm_segmentation.rule_relation(rule, name), name]) -%}
    {%- endfor -%}
    {%- for cte in rule.ctes if cte.get('joined', true) -%}
        {%- do joins.append([cte.name, cte.name]) -%}
    {%- endfor -%}
from base
{%- for relation, name in joins %}
left join {{ relation if relation == name else relation ~ ' as ' ~ name }}
    on base.account_id = {{ name }}.account_id
{%- endfor %}
{%- endmacro %}
