{#
    The profiles of the project as they published themselves, name -> entry. Known
    while dbt executes; empty when it parses and in unit tests.

    | key        | meaning                                                      |
    |------------|--------------------------------------------------------------|
    | label, base, tree, text, rule_hash | as profile() published them          |
    | owner      | `meta: owner` of the model, else the owner of its group      |
    | relation   | the built profile                                            |
    | relations  | name of each model that the profile reads -> its relation    |
#}
{% macro published_profiles() %}
    {%- set profiles = {} -%}
    {%- if execute and graph.nodes -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'model'
            and node.config.get('meta', {}).get('crm_segmentation', {}).get('kind')
                == 'profile' -%}
            {%- set published = node.config.meta.crm_segmentation -%}
            {%- set relations = {} -%}
            {%- for parent_id in node.depends_on.nodes if parent_id in graph.nodes -%}
                {%- set parent = graph.nodes[parent_id] -%}
                {%- do relations.update({parent.name: parent.relation_name}) -%}
            {%- endfor -%}
            {%- do profiles.update({node.name: dict(
                published,
                owner=crm_segmentation.owner_of(node),
                relation=node.relation_name,
                relations=relations
            )}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(profiles) }}
{% endmacro %}

{# Who answers for a node of the graph: a name, or none. #}
{% macro owner_of(node) %}
    {%- if node.config.meta.get('owner') -%}
        {{ return(node.config.meta.owner) }}
    {%- endif -%}
    {%- for group in graph.groups.values() if group.name == node.config.get('group') -%}
        {{ return(group.owner.name or group.owner.email) }}
    {%- endfor -%}
    {{ return(none) }}
{% endmacro %}

{#
    Read the rule of a profile from what it published, to render it once more.
    Errors: no profile of that name, with the nearest one.
#}
{% macro read_published_rule(profile, with_values=false) %}
    {%- set profiles = crm_segmentation.published_profiles() -%}
    {%- if profile not in profiles -%}
        {{ exceptions.raise_compiler_error(
            "Unknown profile: got '" ~ profile ~ "'; allowed: "
            ~ profiles.keys() | sort | join(', ') ~ '. '
            ~ crm_segmentation.did_you_mean(profile, profiles.keys())
        ) }}
    {%- endif -%}
    {%- set published = profiles[profile] -%}
    {{ return(crm_segmentation.read_rule(
        published.tree, published.base, profile, published.relations, with_values
    )) }}
{% endmacro %}
