{#
    The events of the installing project (var `extra_events`) that a KPI counts, as
    in event_catalog(). Only these are read, from models of that project.
#}
{% macro extra_kpi_events() %}
    {%- set extra = crm_segmentation.setting('extra_events') or {} -%}
    {%- set counted = [] -%}
    {%- if extra -%}
        {%- for kpi in crm_segmentation.kpi_declarations() -%}
            {%- set named = kpi[kpi.kind] -%}
            {%- do counted.extend(named if named is sequence else []) -%}
            {%- do counted.extend([named, kpi.get('of')]) -%}
            {%- do counted.extend(kpi['add'] + kpi['less']) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set events = {} -%}
    {%- for name, event in extra.items() if name in counted -%}
        {%- do events.update({name: event}) -%}
    {%- endfor -%}
    {{ return(events) }}
{% endmacro %}
