{#- The code of a Python model and where its result goes, for `submit_python_job`. -#}
{% macro postgres_python__py_write_table(compiled_code, relation, temporary=false, known_types={}) -%}
{{ compiled_code }}

# Where the result goes.
dbt_target_table = {{ {
    'schema': none if temporary else relation.schema,
    'identifier': relation.identifier,
    'temporary': temporary,
    'unlogged': config.get('unlogged', default=false) and not temporary,
    'column_types': config.get('column_types', default={}) or {},
    'known_types': known_types,
} }}
{%- endmacro %}
