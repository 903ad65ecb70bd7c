{#
    Kind 35: an expression of SQL over account_attributes, the one leaf that an
    engine may read its own way. NULL is false. The reason is required.
#}
{% macro read_sql(context, given, path) %}
    {%- set before = context.errors | length -%}
    {%- if given is not mapping -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'not an expression', given,
            '{expression: "..", reason: ".."}', ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- for key in given if key not in ['expression', 'reason'] -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'unknown key', key, ['expression', 'reason'],
            crm_segmentation.did_you_mean(key, ['expression', 'reason'])
        ) -%}
    {%- endfor -%}
    {%- for key, wanted in {
        'expression': 'SQL over account_attributes',
        'reason': 'why the other kinds do not serve',
    }.items() -%}
        {%- if key not in given -%}
            {%- do crm_segmentation.missing_key(
                context, path, key, key ~ ': ' ~ wanted
            ) -%}
        {%- elif given[key] is not string or given[key] | trim == '' -%}
            {%- do crm_segmentation.rule_error(
                context, path ~ '.' ~ key, 'no text', given[key], wanted, ''
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set text = given.expression | trim -%}
    {%- set marks = crm_segmentation.value_limits().expression.without -%}
    {%- for mark in marks if mark in text -%}
        {%- do crm_segmentation.rule_error(
            context, path ~ '.expression',
            ('the character 0' if mark == '\x00' else "'" ~ mark ~ "'")
                ~ ' in an expression',
            text, 'one expression, without any of ' ~ marks[:-1] | join(' '), ''
        ) -%}
    {%- endfor -%}
    {#- The expression must stay inside the brackets that are put around it. -#}
    {%- set state = namespace(depth=0, quote=none, closed_early=false, dollar=false) -%}
    {%- for character in text -%}
        {%- if state.quote is not none -%}
            {%- if character == state.quote -%}
                {%- set state.quote = none -%}
            {%- endif -%}
        {%- elif character in "'\"" -%}
            {%- set state.quote = character -%}
        {%- elif character == '$' -%}
            {#- $a$ begins a text in which no quote ends one -#}
            {%- set state.dollar = true -%}
        {%- elif character == '(' -%}
            {%- set state.depth = state.depth + 1 -%}
        {%- elif character == ')' -%}
            {%- set state.depth = state.depth - 1 -%}
            {%- if state.depth < 0 -%}
                {%- set state.closed_early = true -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if state.dollar -%}
        {%- do crm_segmentation.rule_error(
            context, path ~ '.expression', "'$' outside of quotes", text,
            'one expression', 'Write a text between apostrophes.'
        ) -%}
    {%- endif -%}
    {%- if state.quote is not none or state.depth != 0 or state.closed_early -%}
        {%- do crm_segmentation.rule_error(
            context, path ~ '.expression', 'brackets or quotes are not closed', text,
            'one expression', ''
        ) -%}
    {%- endif -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set name = 'expression_' ~ (context.ctes | length + 1) -%}
    {#- A CTE of its own: inside it the attributes need no prefix and meet no other names. -#}
    {%- do context.ctes.append({
        'name': name,
        'sql': 'select\n    account_id,\n    coalesce((' ~ text
            ~ '), false) as is_met\nfrom '
            ~ crm_segmentation.rule_relation(context, 'account_attributes'),
    }) -%}
    {{ return({
        'tree': {'sql': {'expression': text, 'reason': given.reason}},
        'sql': 'coalesce(' ~ name ~ '.is_met, false)',
        'atomic': true,
    }) }}
{% endmacro %}
