{#
    SQL: the rows that this model kept on the latest as_of day before this build's,
    with `columns`; none on the first build, or where an older version of the model
    kept other columns. A model that ends in these rows and its new ones, with the
    column as_of_date, remembers one day: that of the build before. Building a day
    again replaces the day's own rows only. A past day that is built without recording
    it gives the rows of later days too, so that the model does not forget them.

    | argument | meaning                                  |
    |----------|------------------------------------------|
    | columns  | column -> type, as_of_date not among them |
#}
{% macro kept_rows(columns) %}
    {%- set day = crm_segmentation.date_literal(crm_segmentation.as_of_date()) -%}
    {%- set found = none -%}
    {%- if execute -%}
        {%- set found = load_relation(this) -%}
    {%- endif -%}
    {%- set readable = false -%}
    {%- if found -%}
        {%- set there = adapter.get_columns_in_relation(found)
            | map(attribute='name') | map('lower') | list -%}
        {%- set missing = columns.keys() | reject('in', there) | list -%}
        {%- set readable = not missing and 'as_of_date' in there -%}
    {%- endif -%}
    {%- if readable %}
    select
        as_of_date,
        {{ columns.keys() | join(',\n        ') }}
    from {{ found }}
    where
        as_of_date = (
            select max(as_of_date)
            from {{ found }}
            where as_of_date < {{ day }}
        )
        {%- if not crm_segmentation.setting('record_history') %}
        or as_of_date > {{ day }}
        {%- endif %}
    {%- else %}
    select
        {{ day }} as as_of_date
        {%- for column, type in columns.items() %},
        cast(null as {{ type }}) as {{ column }}
        {%- endfor %}
    where 1 = 0
    {%- endif %}
{% endmacro %}
