{#
    The nodes of the graph that a group reads as groups: what its steps name, and
    what publishes itself as a profile or a target group.
#}
{% macro group_inputs(relation) %}
    {%- set inputs = [] -%}
    {%- for node in graph.nodes.values()
        if node.resource_type == 'model'
        and node.relation_name == relation.render() -%}
        {%- set tree = node.config.meta.get('crm_segmentation', {}).get('tree', {}) -%}
        {%- set named = tree.get('groups', []) + tree.get('remove', []) -%}
        {%- for parent_id in node.depends_on.nodes if parent_id in graph.nodes -%}
            {%- set parent = graph.nodes[parent_id] -%}
            {%- set kind = parent.config.meta.get('crm_segmentation', {}).get('kind') -%}
            {%- if parent.name in named or kind in ['profile', 'target_group'] -%}
                {%- do inputs.append(parent) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(inputs) }}
{% endmacro %}
