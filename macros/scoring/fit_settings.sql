{#
    The settings that the fits read, as texts.
    Errors: a `refit` that is no switch, a count or a size that is no whole number
    from 1.
#}
{% macro fit_settings() %}
    {%- set settings = {'as_of_date': crm_segmentation.as_of_date().isoformat()} -%}
    {#- `refit` is no row of the table, where it would outlive the run that asked;
        the fits read it from their config. -#}
    {%- do crm_segmentation.refit_asked() -%}
    {%- for name, declaration in crm_segmentation.fit_declarations().items() -%}
        {%- do settings.update({
            'declaration_hash.' ~ name: crm_segmentation.declaration_hash(declaration)
        }) -%}
    {%- endfor -%}
    {%- for name in ['fit_minimum_accounts', 'cluster_count'] -%}
        {%- set value = crm_segmentation.setting(name) | string -%}
        {%- if not modules.re.match('^[1-9][0-9]*\\Z', value) -%}
            {{ exceptions.raise_compiler_error(
                "Not a count in var '" ~ name ~ "': got '" ~ value
                ~ "'; allowed: a whole number from 1."
            ) }}
        {%- endif -%}
        {%- do settings.update({name: value}) -%}
    {%- endfor -%}
    {{ return(settings) }}
{% endmacro %}
