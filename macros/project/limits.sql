{#
    Hook before a run, on every engine: stop where PostgreSQL would cut a name
    without a word, or refuse a table. All problems at once.

    Looked at: the models, seeds and snapshots of this package and what publishes
    itself as a rule or group; on PostgreSQL those of every package.
#}
{% macro refuse_what_postgresql_cuts() %}
    {%- if execute and graph.nodes -%}
        {%- set problems = [] -%}
        {%- for node in graph.nodes.values()
            if node.resource_type in ['model', 'seed', 'snapshot']
            and (node.package_name == 'crm_segmentation'
                or node.config.meta.get('crm_segmentation')
                or crm_segmentation.cuts_long_names()) -%}
            {%- do problems.extend(crm_segmentation.limit_problems(node)) -%}
        {%- endfor -%}
        {%- if problems -%}
            {{ exceptions.raise_compiler_error(
                'What PostgreSQL cuts or refuses stands in ' ~ problems | length
                ~ ' place(s):\n- ' ~ problems | join('\n- ')
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{# What is too long or too much in a node of the graph, as a list of texts. #}
{% macro limit_problems(node) %}
    {%- set problems = [] -%}
    {%- set here = ' of ' ~ node.resource_type ~ ' ' ~ node.name ~ ' ('
        ~ node.original_file_path ~ ')' -%}
    {#- dbt builds beside a table under names of its own, the longest of which adds
        __dbt_backup, and cuts what comes before it -#}
    {%- set names = [['Name', node.alias, 63 - '__dbt_backup' | length,
        'since dbt adds __dbt_backup']] -%}
    {%- do names.append(['Schema', node.schema, 63, 'its limit']) -%}
    {%- for column in node.columns.values() -%}
        {%- do names.append(['Column', column.name, 63, 'its limit']) -%}
        {%- for constraint in column.get('constraints') or [] -%}
            {%- do names.append(['Constraint', constraint.name, 63, 'its limit']) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for constraint in node.get('constraints') or [] -%}
        {%- do names.append(['Constraint', constraint.name, 63, 'its limit']) -%}
    {%- endfor -%}
    {%- for what, name, most, why in names
        if (name or '').encode('utf-8') | length > most -%}
        {%- do problems.append(
            what ~ ' too long' ~ here ~ ": got '" ~ name ~ "' with "
            ~ name.encode('utf-8') | length ~ ' bytes; allowed: ' ~ most ~ ', ' ~ why
            ~ '. Shorten it.'
        ) -%}
    {%- endfor -%}
    {%- if node.columns | length > 1600 -%}
        {%- do problems.append(
            'Too many columns' ~ here ~ ': got ' ~ node.columns | length
            ~ '; allowed: 1600. Declare fewer, or keep some in a model of their own.'
        ) -%}
    {%- endif -%}
    {{ return(problems) }}
{% endmacro %}
