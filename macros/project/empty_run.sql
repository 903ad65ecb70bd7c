{#
    Whether this run tries every statement without rows (--empty). What runs before it
    gathered is left alone then: facts that are not read are not facts that are gone.
#}
{% macro is_empty_run() %}
    {{ return(invocation_args_dict.get('empty', false)) }}
{% endmacro %}
