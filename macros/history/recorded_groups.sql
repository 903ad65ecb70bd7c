{#
    The groups whose members are recorded from run to run: the setting
    `recorded_groups`, a list of names of profiles and target groups.
    Errors: no list, or a name that no model can have.
#}
{% macro recorded_groups() %}
    {%- set names = crm_segmentation.setting('recorded_groups') -%}
    {%- set mend = " Write vars: {recorded_groups: [vip, churned]}." -%}
    {%- if names is string or names is mapping or names is not iterable -%}
        {{ exceptions.raise_compiler_error(
            "No list of groups in var 'recorded_groups': got '" ~ names
            ~ "'; allowed: a list of names of profiles and target groups." ~ mend
        ) }}
    {%- endif -%}
    {%- for name in names
        if name is not string or not modules.re.match('^[a-z][a-z0-9_]*\\Z', name) -%}
        {{ exceptions.raise_compiler_error(
            "Not the name of a group in var 'recorded_groups': got '" ~ name
            ~ "'; allowed: names of profiles and target groups." ~ mend
        ) }}
    {%- endfor -%}
    {{ return(names | unique | list) }}
{% endmacro %}
