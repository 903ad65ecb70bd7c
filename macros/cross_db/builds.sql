{#
    Hook before a run: stop where the server is too old, or its database cannot hold
    or fold the text.
#}
{% macro refuse_engine() %}
    {%- if execute and flags.WHICH in ['build', 'run', 'retry'] -%}
        {{- adapter.dispatch('refuse_engine', 'crm_segmentation')() -}}
    {%- endif -%}
{% endmacro %}

{% macro default__refuse_engine() %}
{% endmacro %}

{% macro postgres__refuse_engine() %}
    {%- set wanted = crm_segmentation.folding_collation() -%}
    {%- set version, encoding, has_collation = run_query(
        "select cast(current_setting('server_version_num') as integer) / 10000, "
        ~ "current_setting('server_encoding'), exists (select from pg_collation where "
        ~ "collname = " ~ crm_segmentation.text_literal(wanted) ~ ")"
    ).rows[0].values() -%}
    {%- if version < 16 -%}
        {{ exceptions.raise_compiler_error(
            'Too old a server: got PostgreSQL ' ~ version ~ '; allowed: 16 and later.'
        ) }}
    {%- elif encoding != 'UTF8' -%}
        {{ exceptions.raise_compiler_error(
            'Wrong encoding of the database: got ' ~ encoding ~ '; allowed: UTF8. '
            ~ "Make another one: create database .. encoding 'UTF8' template template0."
        ) }}
    {%- elif not has_collation -%}
        {{ exceptions.raise_compiler_error(
            "Unknown collation in setting 'postgres_collation': got '" ~ wanted
            ~ "', which PostgreSQL " ~ version ~ ' here does not have; allowed: pg_c_utf8 '
            ~ '(17 and later), C.utf8 (of most systems) or und-x-icu (a server with ICU). '
            ~ "Write vars: {postgres_collation: 'C.utf8'}."
        ) }}
    {%- endif -%}
{% endmacro %}

{# Whether the engine cuts names of more than 63 bytes without a word. #}
{% macro cuts_long_names() %}
    {{ return(adapter.dispatch('cuts_long_names', 'crm_segmentation')()) }}
{% endmacro %}

{% macro default__cuts_long_names() %}
    {{ return(false) }}
{% endmacro %}

{% macro postgres__cuts_long_names() %}
    {{ return(true) }}
{% endmacro %}

{#
    Hook before a run: let no other build of this schema begin until this one has
    ended, however it ends. A second one stops before it builds anything and names
    the first, or waits for it as long as the setting `wait_for_other_build` says.

    DuckDB needs nothing: its file belongs to one process at a time.
#}
{% macro one_build_at_a_time() %}
    {%- if execute and flags.WHICH in ['build', 'run', 'seed', 'snapshot', 'retry'] -%}
        {{- adapter.dispatch('one_build_at_a_time', 'crm_segmentation')() -}}
    {%- endif -%}
{% endmacro %}

{% macro default__one_build_at_a_time() %}
{% endmacro %}

{#
    dbt-postgres closes each connection with its node, the hooks' among them, and a lock
    goes with its connection: `type: postgres` can hold none as long as a build.
#}
{% macro postgres__one_build_at_a_time() %}
    {%- set wait = crm_segmentation.setting('wait_for_other_build') -%}
    {%- if wait -%}
        {{ exceptions.raise_compiler_error(
            "No build lock on `type: postgres`, for which setting 'wait_for_other_build' "
            ~ 'would wait: got ' ~ wait ~ '; allowed: 0, or a profile of type '
            ~ 'postgres_python, which is type postgres with a lock and Python models.'
        ) }}
    {%- endif -%}
    {%- do log(
        'No build lock on `type: postgres`: see to it that no other build of schema '
        ~ target.schema ~ ' runs now, or write `type: postgres_python`.', info=true
    ) -%}
{% endmacro %}

{% macro postgres_python__one_build_at_a_time() %}
    {%- do adapter.hold_build_lock(
        wait=crm_segmentation.setting('wait_for_other_build')
    ) -%}
{% endmacro %}
