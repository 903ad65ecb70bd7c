{#
    Who may read the marts: the roles of the setting `consumer_roles`. They get
    the models whose `access` is public, and nothing else: neither what is staged
    nor identities nor contact points nor the histories.

    DuckDB has no roles, so it needs neither of the two hooks.
#}

{# Hook before a run: let the roles into the schemas that hold public models. #}
{% macro open_schemas_to_consumers() %}
    {%- if execute and flags.WHICH in ['build', 'run', 'retry']
        and crm_segmentation.setting('consumer_roles') -%}
        {{- adapter.dispatch('open_schemas_to_consumers', 'crm_segmentation')() -}}
    {%- endif -%}
{% endmacro %}

{% macro default__open_schemas_to_consumers() %}
{% endmacro %}

{#
    Once, before all models: two grants on one schema at the same time are an error.
#}
{% macro postgres__open_schemas_to_consumers() %}
    {%- set roles = crm_segmentation.setting('consumer_roles') -%}
    {%- set known = run_query('select rolname from pg_roles').columns[0].values() -%}
    {%- for role in roles if role != 'public' and role not in known -%}
        {{ exceptions.raise_compiler_error(
            "Unknown role in setting 'consumer_roles': got '" ~ role ~ "'; allowed: public, "
            ~ known | reject('in', ['public']) | sort | join(', ')
            ~ '. Make it first: create role "' ~ role ~ '".'
        ) }}
    {%- endfor -%}
    {%- set there = run_query('select nspname from pg_namespace').columns[0].values() -%}
    {%- set schemas = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model'
        and node.access == 'public' and node.schema in there
        and node.schema not in schemas -%}
        {%- do schemas.append(node.schema) -%}
    {%- endfor -%}
    {%- for schema in schemas | sort %}
grant usage on schema {{ adapter.quote(schema) }}
to {{ crm_segmentation.quoted_roles(roles) }};
    {%- endfor -%}
{% endmacro %}

{#
    Hook after a model, in the transaction that puts it in its place: let the roles
    read it if it is public. An installing project names it as a `+post-hook` of its
    own public models.
#}
{% macro let_consumers_read() %}
    {%- if execute and model.access == 'public'
        and crm_segmentation.setting('consumer_roles') -%}
        {{- adapter.dispatch('let_consumers_read', 'crm_segmentation')() -}}
    {%- endif -%}
{% endmacro %}

{% macro default__let_consumers_read() %}
{% endmacro %}

{% macro postgres__let_consumers_read() %}
grant select on {{ this }}
to {{ crm_segmentation.quoted_roles(crm_segmentation.setting('consumer_roles')) }}
{% endmacro %}

{# Roles as grant and revoke take them; `public` is everybody. #}
{% macro quoted_roles(roles) %}
    {%- set quoted = [] -%}
    {%- for role in roles -%}
        {%- do quoted.append(
            'public' if role == 'public'
            else adapter.quote(role | replace('"', '""'))
        ) -%}
    {%- endfor -%}
    {{- return(quoted | join(', ')) -}}
{% endmacro %}
