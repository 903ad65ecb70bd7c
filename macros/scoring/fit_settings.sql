{#
    The settings that the fits read, as texts.
    Errors: a `refit` that names no model, a count or a size that is no whole number
    from 1.
#}
{% macro fit_settings() %}
    {%- set settings = {'as_of_date': crm_segmentation.as_of_date().isoformat()} -%}
    {#- `refit` is no row of the table, where it would outlive the run that asked;
        the fits read it from their config. -#}
    {%- do crm_segmentation.refit_asked() -%}
    {%- set objectives = crm_segmentation.objective_fit_declarations() -%}
    {%- for name, declaration in crm_segmentation.fit_declarations().items() -%}
        {#- that of an objective covers rows, so it stands in the model `objectives` -#}
        {%- if name not in objectives -%}
            {%- do settings.update({'declaration_hash.' ~ name:
                crm_segmentation.declaration_hash(declaration)}) -%}
        {%- endif -%}
        {%- for limit in ['refit_after_days', 'refit_above_drift'] -%}
            {%- set allowed = crm_segmentation.refit_limit(limit, name) -%}
            {%- if allowed is not none -%}
                {%- do settings.update({limit ~ '.' ~ name: allowed | string}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for name in ['fit_minimum_accounts'] -%}
        {%- set value = crm_segmentation.setting(name) | string -%}
        {%- if not modules.re.match('^[1-9][0-9]*\\Z', value) -%}
            {{ exceptions.raise_compiler_error(
                "Not a count in var '" ~ name ~ "': got '" ~ value
                ~ "'; allowed: a whole number from 1."
            ) }}
        {%- endif -%}
        {%- do settings.update({name: value}) -%}
    {%- endfor -%}
    {%- do settings.update(crm_segmentation.propensity_fit_settings()) -%}
    {{ return(settings) }}
{% endmacro %}

{#
    What the setting `refit_after_days` or `refit_above_drift` allows a model: a number
    for all models, or a mapping of models to numbers; none: any age, any drift.
    Errors: anything else, and names of no model.
#}
{% macro refit_limit(name, model_name) %}
    {%- set given = crm_segmentation.setting(name) -%}
    {%- set names = crm_segmentation.fit_declarations().keys() | list -%}
    {%- set limits = given.values() | list if given is mapping
        else [] if given is none else [given] -%}
    {%- set unknown = given | reject('in', names) | list if given is mapping else [] -%}
    {%- for limit in limits -%}
        {%- if limit is not number or limit is boolean or limit <= 0
            or (name == 'refit_after_days' and limit is not integer) -%}
            {%- do unknown.append(limit) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if unknown -%}
        {{ exceptions.raise_compiler_error(
            "Bad limit in var '" ~ name ~ "': got '" ~ unknown | join(', ')
            ~ "'; allowed: "
            ~ ('a whole number of days' if name == 'refit_after_days'
                else 'a stability index, like 0.2')
            ~ " above 0, or a mapping of models (" ~ names | join(', ')
            ~ ") to such numbers."
        ) }}
    {%- endif -%}
    {{ return(given.get(model_name) if given is mapping else given) }}
{% endmacro %}
