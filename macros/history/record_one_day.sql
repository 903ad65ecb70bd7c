{#
    What keeps recorded history sound: the hooks of the snapshots, and the one
    before a run.

    A snapshot writes with valid_from = as_of_date. dbt itself would write a second
    interval with the same id when a day is built again with corrected data, and
    intervals that end before they begin when an earlier day is built after a later
    one. So a day is taken back before it is recorded again, and an earlier day is
    refused.
#}

{#
    Whether this run records history. With --empty it does not: every account would
    have left every group that day.
#}
{% macro records_history() %}
    {{ return(
        crm_segmentation.setting('record_history')
        and not crm_segmentation.is_empty_run()
    ) }}
{% endmacro %}

{# Hook: drop the intervals that began on this run's day. #}
{% macro drop_intervals_of_day() %}
    {%- if load_relation(this) is not none and crm_segmentation.records_history() -%}
delete from {{ this }}
where valid_from = {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
    {%- endif -%}
{% endmacro %}

{# Hook: open again the intervals that ended on this run's day. #}
{% macro reopen_intervals_of_day() %}
    {%- if load_relation(this) is not none and crm_segmentation.records_history() -%}
update {{ this }}
set valid_to = null
where valid_to = {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
    {%- endif -%}
{% endmacro %}

{#
    Hook before a run: stop, before anything is built, if a later day than this
    run's is recorded already. Nothing happens where nothing is built, or where the
    setting `record_history` is false, since nothing is recorded then.
#}
{% macro refuse_earlier_day() %}
    {%- set tables = [
        'account_attribute_history', 'group_membership_history', 'recorded_days'
    ] -%}
    {%- if execute and flags.WHICH in ['build', 'run', 'snapshot', 'retry']
        and crm_segmentation.records_history() -%}
        {%- set day = crm_segmentation.as_of_date() -%}
        {%- for table in tables -%}
            {%- set recorded = source('recorded_history', table) -%}
            {%- if load_relation(recorded) is not none -%}
                {%- set newest = run_query(
                    'select max(coalesce(valid_to, valid_from)) from ' ~ recorded
                )[0][0] -%}
                {%- if newest is not none and newest > day -%}
                    {{ exceptions.raise_compiler_error(
                        "Earlier day than the recorded history in var 'as_of_date': "
                        ~ 'got ' ~ day ~ '; allowed: ' ~ newest ~ ', the newest day in '
                        ~ recorded ~ ', or later. To build a past day without '
                        ~ "recording it, call dbt with --vars '{as_of_date: " ~ day
                        ~ ", record_history: false}', best with a target of its own, "
                        ~ 'since it replaces the marts of the newest day. If the later '
                        ~ 'days were a trial, begin anew: drop the database (the demo '
                        ~ 'company: make clean).'
                    ) }}
                {%- endif -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
