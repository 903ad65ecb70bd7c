{#
    Kind 33: may the account be contacted through a channel for a purpose?

        contactable: {channel: email, purpose: newsletter}

    What that means stands in contactability(), from which account_contactability
    is built.
#}
{% macro read_contactable(context, given, path) %}
    {%- set before = context.errors | length -%}
    {%- if not crm_segmentation.check_mapping(
        context, given, path, ['channel', 'purpose']
    ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set known = {
        'channel': crm_segmentation.contact_channels(),
        'purpose': crm_segmentation.setting('consent_purposes'),
    } -%}
    {%- set read = {} -%}
    {%- for key, allowed in known.items() if key in given -%}
        {%- do read.update({key: crm_segmentation.read_value(
            context,
            {'name': 'the ' ~ key, 'type': 'text', 'fold': true, 'allowed': allowed},
            given[key], path ~ '.' ~ key
        )}) -%}
    {%- endfor -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set model = 'account_contactability' -%}
    {%- set table = {
        'name': model ~ '_evidence',
        'model': model,
        'selector': 'channel',
        'visible': [],
    } -%}
    {%- set found = crm_segmentation.evidence(
        context, table, 'count(*)', read.channel.text,
        [model ~ '.purpose = ' ~ read.purpose.sql, model ~ '.is_contactable']
    ) -%}
    {%- set value = none -%}
    {%- if context.with_values -%}
        {%- set points = crm_segmentation.evidence(
            context, table, 'max(' ~ model ~ '.contactable_point_count)',
            read.channel.text, [model ~ '.purpose = ' ~ read.purpose.sql]
        ) -%}
        {%- set value = 'cast(coalesce(' ~ points ~ ", 0) as text) || ' usable'" -%}
    {%- endif -%}
    {{ return({
        'tree': {'contactable': {
            'channel': read.channel.text, 'purpose': read.purpose.text,
        }},
        'sql': 'coalesce(' ~ found ~ ', 0) > 0',
        'not_sql': 'coalesce(' ~ found ~ ', 0) = 0',
        'atomic': true,
        'value_sql': value,
    }) }}
{% endmacro %}
