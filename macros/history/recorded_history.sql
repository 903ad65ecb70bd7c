{#
    SQL: the columns of a table that the snapshots of earlier runs wrote, or no rows
    of the same types before the first of them.

    | argument | meaning                                                 |
    |----------|---------------------------------------------------------|
    | table    | a table of the source recorded_history                  |
    | columns  | dict of column to type, the same on every engine        |

    Whether the table exists is asked of the database once a run; which columns
    there are never is.
#}
{% macro recorded_history(table, columns) %}
    {%- set recorded = source('recorded_history', table) -%}
    {#- In a unit test the source is a CTE of given rows, which no database knows. -#}
    {%- set is_given = recorded.is_cte -%}
    {%- if not execute or is_given or load_relation(recorded) is not none -%}
select
    {{ columns.keys() | join(',\n    ') }}
from {{ recorded }}
    {%- else -%}
-- nothing is recorded yet: the first run writes the table after this query
select
    {%- for column, type in columns.items() %}
    cast(null as {{ type }}) as {{ column }}
    {{- ',' if not loop.last }}
    {%- endfor %}
where 1 = 0
    {%- endif -%}
{% endmacro %}
