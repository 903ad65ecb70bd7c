{#
    The profiles of which profile_catalog and profile_funnel tell: the setting
    `catalogued_profiles`, a list of names. They are named since dbt must know when it
    parses what a model reads, and shows no model the others then.
    Errors: no list, or a name that no model can have.
#}
{% macro catalogued_profiles() %}
    {%- set names = crm_segmentation.setting('catalogued_profiles') -%}
    {%- for name in names
        if name is not string or not modules.re.match('^[a-z][a-z0-9_]*\\Z', name) -%}
        {{ exceptions.raise_compiler_error(
            "Not the name of a profile in var 'catalogued_profiles': got '" ~ name
            ~ "'; allowed: names of models. Write vars: {catalogued_profiles: [vip]}."
        ) }}
    {%- endfor -%}
    {{ return(names | unique | list) }}
{% endmacro %}

{# Warn of profiles that are not catalogued, by name. #}
{% macro warn_of_uncatalogued_profiles() %}
    {%- set named = crm_segmentation.catalogued_profiles() -%}
    {%- set missing = [] -%}
    {%- for name in crm_segmentation.published_profiles() if name not in named -%}
        {%- do missing.append(name) -%}
    {%- endfor -%}
    {%- if missing -%}
        {%- do exceptions.warn(
            'Profiles that profile_catalog and profile_funnel leave out: '
            ~ missing | sort | join(', ')
            ~ ". Name them in var 'catalogued_profiles'."
        ) -%}
    {%- endif -%}
{% endmacro %}
