{#
    Every declared model that is fitted, by name: what its fit follows from beside
    the sample. Each topic declares its own in `<topic>_fit_declarations()`. A change
    of the declaration is a new model, which has no fit yet.

    Errors: a name declared twice, or one that is no name.
#}
{% macro fit_declarations() %}
    {%- set declared = {} -%}
    {%- for of_topic in [
        crm_segmentation.rfm_fit_declarations(),
        crm_segmentation.cluster_fit_declarations(),
        crm_segmentation.lifetime_fit_declarations(),
        crm_segmentation.propensity_fit_declarations(),
        crm_segmentation.tree_fit_declarations(),
        crm_segmentation.objective_fit_declarations(),
    ] -%}
        {%- for name, declaration in of_topic.items() -%}
            {%- if name in declared
                or not modules.re.match('^[a-z][a-z0-9_]*\\Z', name) -%}
                {{ exceptions.raise_compiler_error(
                    "Bad name of a model that is fitted: got '" ~ name
                    ~ "'; allowed: small letters, digits and _, each name once among "
                    ~ declared.keys() | join(', ') ~ ". Rename it."
                ) }}
            {%- endif -%}
            {%- do declared.update({name: declaration}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(declared) }}
{% endmacro %}

{# Protected attribute -> why a declaration needs it; what is no mapping is a problem. #}
{% macro declared_reasons(declaration, where, problems) %}
    {%- set reasons = declaration.get('reasons') or {} -%}
    {%- if reasons is mapping -%}
        {{ return(reasons) }}
    {%- endif -%}
    {%- do problems.append(
        'No mapping' ~ where ~ ", reasons: got '" ~ reasons ~ "'; allowed: "
        ~ 'protected attribute to why it is needed. Write {gender: <text>}.'
    ) -%}
    {{ return({}) }}
{% endmacro %}

{# A mapping without some of its keys. #}
{% macro without(mapping, keys) %}
    {%- set kept = {} -%}
    {%- for key, value in mapping.items() if key not in keys -%}
        {%- do kept.update({key: value}) -%}
    {%- endfor -%}
    {{ return(kept) }}
{% endmacro %}

{# Hash of a declaration; the order of its keys counts for nothing. #}
{% macro declaration_hash(declaration) %}
    {%- set parts = [declaration] -%}
    {%- set days = [] -%}
    {#- grows while it is gone through: no stack, however deep the criteria -#}
    {%- for part in parts -%}
        {%- if part is mapping -%}
            {%- do parts.extend(part.values()) -%}
        {%- elif part is iterable and part is not string -%}
            {%- do parts.extend(part) -%}
        {%- elif part.isoformat is defined -%}
            {%- do days.append(part) -%}
        {%- endif -%}
    {%- endfor -%}
    {#- YAML reads 2024-01-31 as a day, which JSON has not -#}
    {{ return(local_md5(
        toyaml(declaration, sort_keys=true) if days
        else tojson(declaration, sort_keys=true)
    )) }}
{% endmacro %}

{#
    The models that this run is asked to fit anew: the setting `refit`, which is
    true, false, or a list of names of models.
    Errors: anything else, and names of no model.
#}
{% macro refit_asked() %}
    {%- set asked = crm_segmentation.setting('refit') -%}
    {%- set names = crm_segmentation.fit_declarations().keys() | list -%}
    {%- if asked is boolean or asked is none
        or asked | string | lower in ['true', 'false'] -%}
        {{ return(names if asked | string | lower == 'true' else []) }}
    {%- endif -%}
    {%- set given = [asked] if asked is string else asked -%}
    {%- if given is mapping or given is not iterable
        or given | reject('in', names) | list -%}
        {{ exceptions.raise_compiler_error(
            "Unknown model in var 'refit': got '" ~ asked
            ~ "'; allowed: true, false, or a list of " ~ names | join(', ') ~ "."
        ) }}
    {%- endif -%}
    {{ return(given) }}
{% endmacro %}

{#
    SQL: the parameters that score today: those of the version that the setting
    `model_version_pins` names for the model, else of its newest version.

    | argument   | meaning                                                   |
    |------------|-----------------------------------------------------------|
    | model_name | name of the model, as in fit_declarations()               |
    | parameters | relation of its parameters: ref('rfm_cut_points')         |
#}
{% macro current_fit(model_name, parameters) %}
    {%- set named = "model_name = " ~ crm_segmentation.text_literal(model_name) -%}
    {%- set pin = crm_segmentation.model_version_pins().get(model_name) -%}
select *
from {{ parameters }}
where {{ named }}
    and fit_version = {% if pin is none %}(
        select max(fit_version)
        from {{ parameters }}
        where {{ named }}
    )
    {%- else %}{{ pin }}{% endif %}
{%- endmacro %}

{#
    The setting `model_version_pins`: model to the version that scores, whatever
    newer ones there are.
    Errors: no mapping, names of no model, a version that is no whole number from 1.
#}
{% macro model_version_pins() %}
    {%- set pins = crm_segmentation.setting('model_version_pins') or {} -%}
    {%- set names = crm_segmentation.fit_declarations().keys() | list -%}
    {%- for name, version in pins.items() -%}
        {%- if name not in names or version is not integer or version is boolean
            or version < 1 -%}
            {{ exceptions.raise_compiler_error(
                "Bad entry in var 'model_version_pins': got '" ~ name ~ ": " ~ version
                ~ "'; allowed: a model (" ~ names | join(', ') ~ ") and the number "
                ~ "of one of its versions, which model_versions lists."
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(pins) }}
{% endmacro %}

{# The tables that hold parameters of fits, for model_versions. #}
{% macro parameter_tables() %}
    {{ return([
        'rfm_cut_points', 'cluster_parameters', 'lifetime_parameters',
        'propensity_parameters', 'tree_parameters', 'objective_parameters'
    ]) }}
{% endmacro %}
