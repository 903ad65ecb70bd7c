{#
    The first local day, as text, of whatever a leaf of a rule may look back at, in a
    built warehouse. What is not built, or has no row, is left out.

    | key                 | meaning                                                |
    |---------------------|--------------------------------------------------------|
    | events              | event -> its first visible row                         |
    | event_columns       | event -> column -> the first value of those rows       |
    | relation_columns    | relation -> column -> its first value                  |
    | attributes          | attribute -> its first value                           |
    | groups              | recorded group -> the first day that was recorded      |
    | recorded_attributes | recorded attribute -> the same                         |
#}
{% macro first_days() %}
    {%- set found = {
        'events': {}, 'event_columns': {}, 'relation_columns': {}, 'attributes': {},
        'groups': {}, 'recorded_attributes': {},
    } -%}
    {%- set events = crm_segmentation.event_catalog() -%}
    {%- for model in events.values() | map(attribute='model') | unique -%}
        {%- set columns = {'occurred_at': 'timestamp'} -%}
        {%- for event in events.values() if event.model == model -%}
            {%- do columns.update(event.columns) -%}
        {%- endfor -%}
        {%- for row in crm_segmentation.first_days_in(
            model, columns, 'event_name',
            crm_segmentation.visible_events(
                {'as_of': crm_segmentation.as_of_date()}, model
            )
        ) if row.name in events and events[row.name].model == model -%}
            {%- do found.events.update({row.name: row.days.pop('occurred_at', none)}) -%}
            {%- do found.event_columns.update({row.name: row.days}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for name, relation in crm_segmentation.relation_catalog().items() -%}
        {%- for row in crm_segmentation.first_days_in(relation.model, relation.columns) -%}
            {%- do found.relation_columns.update({name: row.days}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set attributes = crm_segmentation.attribute_catalog() -%}
    {%- for model in attributes.values() | map(attribute='model') | unique -%}
        {%- set columns = {} -%}
        {%- set names = {} -%}
        {%- for name, entry in attributes.items() if entry.model == model -%}
            {%- do columns.update({entry.get('column', name): entry.type}) -%}
            {%- do names.update({entry.get('column', name): name}) -%}
        {%- endfor -%}
        {%- for row in crm_segmentation.first_days_in(model, columns) -%}
            {%- for column, day in row.days.items() -%}
                {%- do found.attributes.update({names[column]: day}) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for kind, key in {
        'group': 'groups', 'attribute': 'recorded_attributes'
    }.items() -%}
        {%- for row in crm_segmentation.first_days_in(
            'int_recorded_days', {'as_of_date': 'date'}, 'name',
            ['int_recorded_days.kind = ' ~ crm_segmentation.text_literal(kind)]
        ) -%}
            {%- do found[key].update({row.name: row.days.as_of_date}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{#
    The first day of each date or timestamp of a model, and of each value of a column
    `by` if one is given: [{name, days: {column: day}}]. `columns` are all that are
    declared, column -> type.
#}
{% macro first_days_in(model, columns, by=none, conditions=[]) %}
    {%- set built = crm_segmentation.built_model(model) -%}
    {%- set names = [] -%}
    {%- set firsts = [] -%}
    {%- set days = [] -%}
    {%- for column, type in columns.items() if type in ['date', 'timestamp'] -%}
        {%- do names.append(column) -%}
        {%- set first = 'first_' ~ names | length -%}
        {%- do firsts.append('min(' ~ model ~ '.' ~ column ~ ') as ' ~ first) -%}
        {%- set day = crm_segmentation.local_date(first) if type == 'timestamp'
            else first -%}
        {%- do days.append(day ~ ' as day_' ~ names | length) -%}
    {%- endfor -%}
    {%- if built is none or not names -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set name = 'cast(null as text)' if by is none else model ~ '.' ~ by -%}
    {%- set rows = [] -%}
    {%- for row in run_query(
        'select row_name, ' ~ days | join(', ') ~ ' from (select ' ~ name
        ~ ' as row_name, ' ~ firsts | join(', ') ~ ' from ' ~ built ~ ' as ' ~ model
        ~ (' where ' ~ conditions | join(' and ') if conditions else '')
        ~ ('' if by is none else ' group by ' ~ name) ~ ') as firsts'
    ).rows -%}
        {%- set found = {} -%}
        {%- for column in names -%}
            {%- if row[loop.index] is not none -%}
                {%- do found.update({column: row[loop.index] | string}) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do rows.append({'name': row[0], 'days': found}) -%}
    {%- endfor -%}
    {{ return(rows) }}
{% endmacro %}

{# The relation of a model as it stands in the warehouse; none where it is not built. #}
{% macro built_model(name) %}
    {%- for node in graph.nodes.values()
        if node.resource_type == 'model' and node.name == name -%}
        {{ return(adapter.get_relation(node.database, node.schema, node.alias)) }}
    {%- endfor -%}
    {{ return(none) }}
{% endmacro %}
