{#
    Constants that stand in the one row of a common table expression, used many times
    in an expression over many rows. DuckDB broadcasts the row of a cross join;
    PostgreSQL would take the row apart again for each row that meets it, and reads a
    scalar subquery once.

    | macro                     | gives SQL of                                   |
    |---------------------------|------------------------------------------------|
    | constants_joined(cte)     | what joins the row, after `from ..`            |
    | constant(cte, column)     | one of its values                              |
#}
{% macro constants_joined(cte) %}
    {{- return(adapter.dispatch('constants_joined', 'crm_segmentation')(cte)) -}}
{% endmacro %}

{% macro default__constants_joined(cte) %}
    {{- return('cross join ' ~ cte) -}}
{% endmacro %}

{% macro postgres__constants_joined(cte) %}
    {{- return('') -}}
{% endmacro %}

{% macro constant(cte, column) %}
    {{- return(adapter.dispatch('constant', 'crm_segmentation')(cte, column)) -}}
{% endmacro %}

{% macro default__constant(cte, column) %}
    {{- return(cte ~ '.' ~ column) -}}
{% endmacro %}

{% macro postgres__constant(cte, column) %}
    {{- return('(select ' ~ column ~ ' from ' ~ cte ~ ')') -}}
{% endmacro %}

{#
    SQL at the end of a select whose expressions are used more than once by the next
    one: PostgreSQL would write them out, and compute them, at each of these places.
#}
{% macro computed_once() %}
    {{- return(adapter.dispatch('computed_once', 'crm_segmentation')()) -}}
{% endmacro %}

{% macro default__computed_once() %}
    {{- return('') -}}
{% endmacro %}

{% macro postgres__computed_once() %}
    {{- return('offset 0') -}}
{% endmacro %}

{#
    SQL: a floating point number as a decimal of 18 digits, six after the point.
    PostgreSQL casts by way of text, which takes longer than finding the cluster; it
    counts millionths as a whole number instead.
#}
{% macro decimal_of_float(value) %}
    {{- return(adapter.dispatch('decimal_of_float', 'crm_segmentation')(value)) -}}
{% endmacro %}

{% macro default__decimal_of_float(value) %}
    {{- return('cast(' ~ value ~ ' as decimal(18, 6))') -}}
{% endmacro %}

{% macro postgres__decimal_of_float(value) %}
    {{- return(
        'cast(cast((' ~ value ~ ') * 1000000 as bigint) * 0.000001 as decimal(18, 6))'
    ) -}}
{% endmacro %}

{#
    JSON that a fit recorded. json_list gives a row per element of the list under a
    key, in the select list of a query; json_field a field, as text, of such an
    element or of the whole, NULL where it is null.
#}
{% macro json_list(text, key) %}
    {{- return(adapter.dispatch('json_list', 'crm_segmentation')(text, key)) -}}
{% endmacro %}

{% macro default__json_list(text, key) %}
    {{- return("unnest(cast(json_extract(" ~ text ~ ", '$." ~ key ~ "') as json[]))") -}}
{% endmacro %}

{% macro postgres__json_list(text, key) %}
    {{- return("jsonb_array_elements(cast(" ~ text ~ " as jsonb) -> '" ~ key ~ "')") -}}
{% endmacro %}

{% macro json_field(element, key) %}
    {{- return(adapter.dispatch('json_field', 'crm_segmentation')(element, key)) -}}
{% endmacro %}

{% macro default__json_field(element, key) %}
    {{- return("json_extract_string(" ~ element ~ ", '$." ~ key ~ "')") -}}
{% endmacro %}

{% macro postgres__json_field(element, key) %}
    {{- return("(cast(" ~ element ~ " as jsonb) ->> '" ~ key ~ "')") -}}
{% endmacro %}
