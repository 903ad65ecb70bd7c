{#
    The relation of a source table: the demo company's seed where the demo is on,
    else the source. An empty relation with the source's columns where the table is
    named in the setting `absent_sources`, or where the installing project has a
    staging model of its own that does not read the base model.

    | argument   | meaning                         |
    |------------|---------------------------------|
    | source     | source name: crm, erp or web    |
    | table      | table name as in the sources    |

    Errors, when the SQL runs: a source table that is not in the database.
#}
{% macro raw(source, table) %}
    {%- set relation = ref('raw_' ~ source ~ '__' ~ table)
        if crm_segmentation.is_demo()
        else builtins.source(source, table) -%}
    {#- While parsing, and inside unit tests, there is no graph to look at. -#}
    {%- if not execute or not graph or not graph.get('sources') -%}
        {{ return(relation) }}
    {%- endif -%}
    {%- if crm_segmentation.is_absent(source, table) -%}
        {{ return(crm_segmentation.empty_source(source, table)) }}
    {%- endif -%}
    {%- if not crm_segmentation.is_demo()
        and load_relation(builtins.source(source, table)) is none -%}
        {{ exceptions.raise_compiler_error(
            "Missing source table " ~ source ~ "." ~ table ~ ": got no relation "
            ~ relation ~ "; looked in schema '" ~ relation.schema ~ "' (var '"
            ~ source ~ "_schema') of database '" ~ relation.database ~ "' (var '"
            ~ source ~ "_database') for '" ~ relation.identifier ~ "' (var '"
            ~ source ~ "_" ~ table ~ "'). Set these vars to where the table is, or"
            ~ " name '" ~ source ~ "." ~ table ~ "' in the var 'absent_sources' if"
            ~ " you have no such table."
        ) }}
    {%- endif -%}
    {{ return(relation) }}
{% endmacro %}

{#
    Is there nothing to read for this source table?
    Errors: a name in `absent_sources` that is no source table.
#}
{% macro is_absent(source, table) %}
    {%- set tables = crm_segmentation.staged_tables() -%}
    {%- set absent = crm_segmentation.setting('absent_sources') -%}
    {%- for name in absent -%}
        {%- if name not in tables -%}
            {{ exceptions.raise_compiler_error(
                "Unknown source table in var 'absent_sources': got '" ~ name
                ~ "'; allowed: " ~ tables | join(', ') ~ "."
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(
        source ~ '.' ~ table in absent
        or crm_segmentation.is_replaced(source, table)
    ) }}
{% endmacro %}

{#
    Has the installing project a staging model of its own for this table, one that
    does not read our base model? Known only when SQL runs, and taken for no in unit
    tests.
#}
{% macro is_replaced(source, table) %}
    {%- set name = source ~ '__' ~ table -%}
    {%- if not execute or not graph or not graph.get('nodes') -%}
        {{ return(false) }}
    {%- endif -%}
    {%- if 'model.crm_segmentation.stg_' ~ name in graph.nodes -%}
        {{ return(false) }}
    {%- endif -%}
    {%- for node in graph.nodes.values()
        if node.resource_type == 'model' and node.name == 'stg_' ~ name
        and 'model.crm_segmentation.base_' ~ name in node.depends_on.nodes -%}
        {{ return(false) }}
    {%- endfor -%}
    {{ return(true) }}
{% endmacro %}

{# SQL: no rows, with the columns that the source declares. #}
{% macro empty_source(source, table) %}
    {%- set node = graph.sources['source.crm_segmentation.' ~ source ~ '.' ~ table] -%}
    {%- set columns = [] -%}
    {%- for column in node.columns -%}
        {%- do columns.append("cast(null as text) as " ~ column) -%}
    {%- endfor -%}
    {{ return(
        "(select " ~ columns | join(', ') ~ " where 1 = 0) as absent_table"
    ) }}
{% endmacro %}

{# Every source table that staging reads, as <source>.<table>. #}
{% macro staged_tables() %}
    {{ return([
        'crm.accounts',
        'crm.contacts',
        'crm.leads',
        'crm.marketing_attributes',
        'crm.consents',
        'crm.suppressions',
        'crm.campaigns',
        'crm.campaign_contacts',
        'crm.campaign_responses',
        'crm.service_interactions',
        'crm.survey_answers',
        'crm.feedback_scores',
        'crm.contracts',
        'erp.customers',
        'erp.orders',
        'erp.order_lines',
        'erp.returns',
        'erp.products',
        'erp.exchange_rates',
        'web.events'
    ]) }}
{% endmacro %}
