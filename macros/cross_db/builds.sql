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

{# `type: postgres` has no connection that lasts as long as a build. #}
{% macro postgres_python__one_build_at_a_time() %}
    {%- do adapter.hold_build_lock(
        wait=crm_segmentation.setting('wait_for_other_build')
    ) -%}
{% endmacro %}
