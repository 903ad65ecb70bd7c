{#-
    SQL models take dbt's own way. A Python model takes the same steps: the first build and a full
    refresh load a new table, later ones a temporary table whose rows the strategy merges.
-#}
{% materialization incremental, adapter='postgres_python', supported_languages=['sql', 'python'] -%}
  {%- if model['language'] == 'sql' -%}
    {{ return(dbt.materialization_incremental_default()) }}
  {%- endif -%}

  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set temp_relation = make_temp_relation(target_relation) -%}
  {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
  {%- set backup_relation_type = 'table' if existing_relation is none else existing_relation.type -%}
  {%- set backup_relation = make_backup_relation(target_relation, backup_relation_type) -%}

  {%- set unique_key = config.get('unique_key') -%}
  {%- set full_refresh_mode = (should_full_refresh() or existing_relation.is_view) -%}
  {%- set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') -%}
  {% set grant_config = config.get('grants') %}

  -- what a killed build left behind
  {{ drop_relation_if_exists(load_cached_relation(intermediate_relation)) }}
  {{ drop_relation_if_exists(load_cached_relation(backup_relation)) }}

  {% set new_table = existing_relation is none or full_refresh_mode %}
  {# the table knows the type of a column that is all NULL today #}
  {% set known_types = {} %}
  {% if not new_table and on_schema_change != 'sync_all_columns' %}
    {% for column in adapter.get_columns_in_relation(existing_relation) %}
      {% do known_types.update({column.name: column.data_type}) %}
    {% endfor %}
    {# the question began a transaction, which would last as long as the fit #}
    {% do adapter.commit() %}
  {% endif %}

  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}

  {% if new_table %}
    {% call statement('main', language='python') -%}
      {{ postgres_python__py_write_table(compiled_code, intermediate_relation) }}
    {%- endcall %}
    {% do create_indexes(intermediate_relation) %}
    {% if existing_relation is not none %}
      {% do adapter.rename_relation(existing_relation, backup_relation) %}
    {% endif %}
    {% do adapter.rename_relation(intermediate_relation, target_relation) %}
  {% else %}
    {% call statement('load', language='python') -%}
      {{ postgres_python__py_write_table(compiled_code, temp_relation, temporary=true, known_types=known_types) }}
    {%- endcall %}
    {% do adapter.expand_target_column_types(from_relation=temp_relation, to_relation=target_relation) %}
    {% set dest_columns = process_schema_changes(on_schema_change, temp_relation, existing_relation) %}
    {% if not dest_columns %}
      {% set dest_columns = adapter.get_columns_in_relation(existing_relation) %}
    {% endif %}
    {% set strategy = adapter.get_incremental_strategy_macro(context, config.get('incremental_strategy') or 'default') %}
    {% set predicates = config.get('predicates', none) or config.get('incremental_predicates', none) %}
    {% call statement('main') %}
      {{ strategy({
          'target_relation': target_relation,
          'temp_relation': temp_relation,
          'unique_key': unique_key,
          'dest_columns': dest_columns,
          'incremental_predicates': predicates,
      }) }}
    {% endcall %}
  {% endif %}

  {% set should_revoke = should_revoke(existing_relation, full_refresh_mode) %}
  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke) %}
  {% do persist_docs(target_relation, model) %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}

  {% do adapter.commit() %}

  {% if new_table %}
    {{ drop_relation_if_exists(backup_relation) }}
  {% endif %}
  {{ run_hooks(post_hooks, inside_transaction=False) }}

  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}
