{#
    Kind 28: member of a built group; a list means any of them. The group is a
    model with account_id and as_of_date: a profile, a target group, plain SQL.
#}
{% macro read_member_of(context, given, path) %}
    {%- set before = context.errors | length -%}
    {%- set names = crm_segmentation.read_names(context, given, path, 'group') -%}
    {%- if names is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set pattern = '^' ~ crm_segmentation.value_limits().name.pattern ~ '\\Z' -%}
    {%- for name in names -%}
        {%- set at = path ~ ('[' ~ loop.index0 ~ ']' if names is sameas given else '') -%}
        {%- if name is not string or not modules.re.match(pattern, name) -%}
            {%- do crm_segmentation.rule_error(
                context, at, 'not the name of a group', name,
                'the name of a profile or target group: small letters, digits and _', ''
            ) -%}
        {%- elif execute and graph.nodes -%}
            {%- for node in graph.nodes.values()
                if node.name == name and node.resource_type == 'model' and node.columns
                and ('account_id' not in node.columns
                    or 'as_of_date' not in node.columns) -%}
                {%- do crm_segmentation.rule_error(
                    context, at, 'not a group', name,
                    'a model with account_id and as_of_date', ''
                ) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set name = crm_segmentation.accounts_of_any(context, 'group', names) -%}
    {{ return({
        'tree': {'member_of': names},
        'sql': name ~ '.account_id is not null',
        'not_sql': name ~ '.account_id is null',
        'atomic': true,
    }) }}
{% endmacro %}
