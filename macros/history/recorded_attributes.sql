{#
    The attributes whose values are recorded from run to run: the setting
    `recorded_attributes`, a list of attributes of type text, number, boolean or
    date; unless it is set, the RFM segment and each cluster.
    Errors: no list, or a name that no attribute can have.
#}
{% macro recorded_attributes() %}
    {%- set names = crm_segmentation.setting('recorded_attributes') -%}
    {%- if names is none -%}
        {%- set names = ['rfm_segment'] -%}
        {%- for name in crm_segmentation.given_clusterings() -%}
            {%- do names.append('cluster_' ~ name) -%}
        {%- endfor -%}
    {%- elif names is string or names is mapping or names is not iterable -%}
        {{ exceptions.raise_compiler_error(
            "Wrong kind of value in var 'recorded_attributes': got '" ~ names
            ~ "'; allowed: a list. Write vars: {recorded_attributes: [..]}."
        ) }}
    {%- endif -%}
    {%- for name in names
        if name is not string or not modules.re.match('^[a-z][a-z0-9_]{0,62}\\Z', name) -%}
        {{ exceptions.raise_compiler_error(
            "Not the name of an attribute in var 'recorded_attributes': got '" ~ name
            ~ "'; allowed: attributes of the catalogue. Write vars: "
            ~ '{recorded_attributes: [rfm_segment, tier]}.'
        ) }}
    {%- endfor -%}
    {{ return(names | unique | list) }}
{% endmacro %}

{#
    The same, each with its entry in the catalogue of attributes: name -> {type,
    model, column, ..}.
    Errors: a name that is no attribute, or one of a type that is not recorded; all
    of them together.
#}
{% macro recorded_attribute_entries(catalog) %}
    {%- set types = ['text', 'number', 'boolean', 'date'] -%}
    {%- set entries = {} -%}
    {%- set problems = [] -%}
    {%- for name in crm_segmentation.recorded_attributes() -%}
        {%- if name not in catalog -%}
            {%- do problems.append(
                "got '" ~ name ~ "', which is no attribute; allowed: attributes of the "
                ~ 'catalogue. ' ~ crm_segmentation.did_you_mean(name, catalog.keys())
            ) -%}
        {%- elif catalog[name].type not in types -%}
            {%- do problems.append(
                "got '" ~ name ~ "', which is of type " ~ catalog[name].type
                ~ '; allowed: attributes of type ' ~ types | join(', ') ~ '.'
            ) -%}
        {%- else -%}
            {%- do entries.update({name: catalog[name]}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(
            "Attributes that cannot be recorded in var 'recorded_attributes':\n- "
            ~ problems | join('\n- ')
        ) }}
    {%- endif -%}
    {{ return(entries) }}
{% endmacro %}
