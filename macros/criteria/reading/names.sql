{#
    One name or a list of names, as a list; none where it is empty or too long.
    `what` is named: a group, a list.
#}
{% macro read_names(context, given, path, what) %}
    {%- set names = given if given is sequence and given is not string
        and given is not mapping else [given] -%}
    {%- set limit = crm_segmentation.rule_limits()['values'] -%}
    {%- if names | length == 0 or names | length > limit -%}
        {%- do crm_segmentation.rule_error(
            context, path,
            'empty list' if names | length == 0 else 'too long a list', names,
            'the name of a ' ~ what ~ ', or several, ' ~ limit ~ ' at most', ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(names) }}
{% endmacro %}

{# The name of the CTE that holds the accounts of any of these models, one row each. #}
{% macro accounts_of_any(context, prefix, names) %}
    {%- set asked = names | unique | list -%}
    {%- set selects = [] -%}
    {%- for name in asked -%}
        {%- do selects.append(
            ('select distinct' if asked | length == 1 else 'select')
            ~ ' account_id\nfrom ' ~ crm_segmentation.rule_relation(context, name)
        ) -%}
    {%- endfor -%}
    {#- union, not union all: one row per account -#}
    {{ return(crm_segmentation.accounts_cte(
        context, prefix, selects | join('\nunion\n')
    )) }}
{% endmacro %}

{#
    The name of the CTE that holds the accounts of a query, one row each; the same
    query is there once.
#}
{% macro accounts_cte(context, prefix, sql) %}
    {%- for cte in context.ctes if cte.sql is defined and cte.sql == sql -%}
        {{ return(cte.name) }}
    {%- endfor -%}
    {%- set name = prefix ~ '_' ~ (context.ctes | length + 1) -%}
    {%- do context.ctes.append({'name': name, 'sql': sql}) -%}
    {{ return(name) }}
{% endmacro %}
