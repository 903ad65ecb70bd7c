{#
    The declarations of a setting that maps names to declarations, read one by one.

    | argument | meaning                                                           |
    |----------|-------------------------------------------------------------------|
    | given    | name -> declaration                                               |
    | read_one | macro of (name, declaration, problems): gives the declaration     |
    |          | with every key and adds what is wrong with it to `problems`       |
    | setting  | name of the setting                                               |

    Errors: all that is wrong with any of them, together.
#}
{% macro read_declarations(given, read_one, setting) %}
    {%- set read = [] -%}
    {%- set problems = [] -%}
    {%- for name, declaration in given.items() -%}
        {%- do read.append(read_one(name, declaration, problems)) -%}
    {%- endfor -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(
            "The var '" ~ setting ~ "' has " ~ problems | length ~ ' error(s):\n- '
            ~ problems | map('trim') | join('\n- ')
        ) }}
    {%- endif -%}
    {{ return(read) }}
{% endmacro %}
