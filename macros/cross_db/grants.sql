{#
    Who may read the marts: the roles of the setting `consumer_roles`. They get
    the models whose `access` is public, and nothing else: neither what is staged
    nor identities nor contact points nor the histories.

    DuckDB has no roles, so it needs neither of the two hooks.
#}

{#
    Hook before a run: let the roles into the schemas that hold public models, and
    take from a role that the setting names no longer what this project gave it.
#}
{% macro open_schemas_to_consumers() %}
    {%- if execute and flags.WHICH in ['build', 'run', 'retry'] -%}
        {{- adapter.dispatch('open_schemas_to_consumers', 'crm_segmentation')() -}}
    {%- endif -%}
{% endmacro %}

{% macro default__open_schemas_to_consumers() %}
{% endmacro %}

{#
    Once, before all models: two grants on one schema at the same time are an error.

    Each schema keeps in a table whom it let in. Without, a role that lost its place
    could not be told from one that somebody else gave the same rights.
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
    {%- set public_models = {} -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model'
        and node.access == 'public' and node.schema in there -%}
        {%- do public_models.setdefault(node.schema, []).append(node) -%}
    {%- endfor -%}
    {%- for schema, models in public_models.items() -%}
        {{- crm_segmentation.revoke_from_former_consumers(
            schema, models, roles, known
        ) -}}
        {%- if roles %}
create table if not exists {{ crm_segmentation.record_of_consumers(schema) }} (
    role_name text primary key
);
            {%- for role in roles %}
insert into {{ crm_segmentation.record_of_consumers(schema) }} (role_name)
values ({{ crm_segmentation.text_literal(role) }}) on conflict do nothing;
            {%- endfor %}
grant usage on schema {{ adapter.quote(schema) }}
to {{ crm_segmentation.quoted_roles(roles) }};
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}

{# The table of a schema that says whom this project let into it. #}
{% macro record_of_consumers(schema) %}
    {{- return(adapter.quote(schema) ~ '._consumer_roles') -}}
{% endmacro %}

{#
    SQL that takes from roles, which the schema let in and which are named no longer,
    the schema and those models in it that the hook below lets them read.
#}
{% macro revoke_from_former_consumers(schema, models, roles, known) %}
    {%- set tables = run_query(
        'select relname from pg_class where relnamespace = '
        ~ '(select oid from pg_namespace where nspname = '
        ~ crm_segmentation.text_literal(schema) ~ ')'
    ).columns[0].values() -%}
    {%- if '_consumer_roles' not in tables -%}
        {{ return('') }}
    {%- endif -%}
    {%- set record = crm_segmentation.record_of_consumers(schema) -%}
    {%- set statements = [] -%}
    {%- for role in run_query('select role_name from ' ~ record).columns[0].values()
        if role not in roles -%}
        {%- if role == 'public' or role in known -%}
            {%- set one = crm_segmentation.quoted_roles([role]) -%}
            {%- for model in models if model.alias in tables
                and 'let_consumers_read' in model.config['post-hook'] | string -%}
                {%- do statements.append(
                    'revoke select on ' ~ adapter.quote(schema) ~ '.'
                    ~ adapter.quote(model.alias) ~ ' from ' ~ one
                ) -%}
            {%- endfor -%}
            {%- do statements.append(
                'revoke usage on schema ' ~ adapter.quote(schema) ~ ' from ' ~ one
            ) -%}
        {%- endif -%}
        {%- do statements.append(
            'delete from ' ~ record ~ ' where role_name = '
            ~ crm_segmentation.text_literal(role)
        ) -%}
    {%- endfor -%}
    {{ return(statements | map('string') | join(';\n') ~ (';' if statements else '')) }}
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
