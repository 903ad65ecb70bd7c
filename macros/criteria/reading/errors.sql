{#
    Note one error of a rule; they are raised together by raise_rule_errors().

    | argument | meaning                                                 |
    |----------|---------------------------------------------------------|
    | path     | where in the tree, like all[2].any[0].country           |
    | wrong    | what is wrong                                           |
    | found    | what was found, shown as it is (`()`: nothing to show)  |
    | allowed  | what is allowed; a long list is cut                     |
    | mend     | how to mend it                                          |
#}
{% macro rule_error(context, path, wrong, found, allowed, mend='') %}
    {%- set allowed_text = allowed -%}
    {%- if allowed is not string -%}
        {%- set names = allowed | list -%}
        {%- set shown = names[:12] if mend else names[:40] -%}
        {%- set allowed_text = shown | join(', ') -%}
        {%- if names | length > shown | length -%}
            {%- set allowed_text = allowed_text ~ ' and '
                ~ (names | length - shown | length) ~ ' more' -%}
        {%- endif -%}
    {%- endif -%}
    {%- set text = (path or 'the rule') ~ ': ' ~ wrong -%}
    {%- if found != () -%}
        {%- set text = text ~ ': got ' ~ crm_segmentation.show_value(found) -%}
    {%- endif -%}
    {%- if allowed_text -%}
        {%- set text = text ~ '; allowed: ' ~ allowed_text -%}
    {%- endif -%}
    {%- if mend -%}
        {%- set text = text ~ '. ' ~ mend -%}
    {%- endif -%}
    {%- do context.errors.append(text) -%}
{% endmacro %}

{# Note that a key is missing, with an example of it. #}
{% macro missing_key(context, path, key, example) %}
    {%- do crm_segmentation.rule_error(
        context, path, "the key '" ~ key ~ "' is missing", (), example
    ) -%}
{% endmacro %}

{% macro raise_rule_errors(context) %}
    {%- if context.errors -%}
        {%- set lines = [] -%}
        {%- for error in context.errors[:50] -%}
            {%- do lines.append('  ' ~ loop.index ~ '. ' ~ error) -%}
        {%- endfor -%}
        {%- if context.errors | length > 50 -%}
            {%- do lines.append('  and ' ~ (context.errors | length - 50) ~ ' more') -%}
        {%- endif -%}
        {{ exceptions.raise_compiler_error(
            "The rule '" ~ context.name ~ "' has " ~ context.errors | length
            ~ (' error' if context.errors | length == 1 else ' errors')
            ~ ':\n' ~ lines | join('\n')
        ) }}
    {%- endif -%}
{% endmacro %}

{# A value as YAML would show it, cut to a readable length. #}
{% macro show_value(value) %}
    {%- if value is none -%}
        {{ return('null') }}
    {%- elif value is boolean -%}
        {{ return('true' if value else 'false') }}
    {%- elif value is string -%}
        {%- set text = value if value | length <= 80 else value[:77] ~ '...' -%}
        {#- an error is one line -#}
        {{ return(
            "'" ~ text.replace('\n', '\\n').replace('\r', '\\r').replace('\x00', '\\0') ~ "'"
        ) }}
    {%- elif value is number -%}
        {{ return(value | string) }}
    {%- elif value.isoformat is defined -%}
        {{ return(value.isoformat()) }}
    {%- elif value is mapping -%}
        {%- set parts = [] -%}
        {%- for key, inner in value.items() -%}
            {%- if loop.index <= 4 -%}
                {%- do parts.append(
                    key ~ ': ' ~ ('..' if inner is mapping or (inner is sequence
                        and inner is not string) else crm_segmentation.show_value(inner))
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {{ return('{' ~ parts | join(', ')
            ~ (', ..' if value | length > 4 else '') ~ '}') }}
    {%- elif value is sequence -%}
        {{ return('a list of ' ~ value | length) }}
    {%- endif -%}
    {{ return(value | string) }}
{% endmacro %}
