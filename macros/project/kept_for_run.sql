{#
    What was computed once in this run: catalogues are asked for by every rule and
    are the same for all of them.

        {{ return(
            crm_segmentation.kept_for_run('x')
            or crm_segmentation.keep_for_run('x', crm_segmentation.build_x())
        ) }}

    `graph` is the one dict that dbt shows to every node, while it parses and while
    it runs. What is kept there is shared: nobody may change it.
#}
{% macro kept_for_run(key) %}
    {{ return(crm_segmentation.run_memory().get(key)) }}
{% endmacro %}

{% macro keep_for_run(key, value) %}
    {%- do crm_segmentation.run_memory().update({key: value}) -%}
    {{ return(value) }}
{% endmacro %}

{% macro run_memory() %}
    {%- if graph is not mapping -%}
        {{ return({}) }}
    {%- endif -%}
    {#- dbt may save the dict for its next run -#}
    {%- if graph.get('crm_segmentation_run') != invocation_id -%}
        {%- do graph.update({
            'crm_segmentation_run': invocation_id,
            'crm_segmentation_memory': {},
        }) -%}
    {%- endif -%}
    {#- vars of a package hold for its own models only -#}
    {{ return(graph['crm_segmentation_memory'].setdefault(
        model.package_name if model is mapping else '', {}
    )) }}
{% endmacro %}
