{#
    Kind 6: contains, starts_with, ends_with, matches and their not_ forms. The text
    is plain, without wildcards; a list means any of them, its not_ form none.
    `matches` searches for a pattern of the subset that all engines read alike.
#}
{% macro operator_search(context, operand, operator, raw, path) %}
    {%- set negative = operator.startswith('not_') -%}
    {%- set word = operator[4:] if negative else operator -%}
    {%- set wanted = raw if raw is sequence and raw is not string else [raw] -%}
    {#- what is searched for is part of a value, so allowed values do not bind it -#}
    {%- set operand = dict(operand, allowed=none) -%}
    {%- if wanted is sameas raw -%}
        {%- set read = crm_segmentation.read_values(context, operand, raw, path) -%}
    {%- else -%}
        {%- set one = crm_segmentation.read_value(context, operand, raw, path) -%}
        {%- set read = none if one is none else {'items': [one], 'value': [one.value]} -%}
    {%- endif -%}
    {%- if read is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set before = context.errors | length -%}
    {%- set text = crm_segmentation.comparable(operand) -%}
    {%- set parts = [] -%}
    {%- for item in read['items'] -%}
        {%- if word == 'contains' -%}
            {%- do parts.append('position(' ~ item.sql ~ ' in ' ~ text ~ ') > 0') -%}
        {%- elif word == 'matches' -%}
            {%- do crm_segmentation.check_pattern(context, item.value,
                path ~ ('[' ~ loop.index0 ~ ']' if wanted is sameas raw else '')) -%}
            {%- do parts.append(crm_segmentation.matches_pattern(text, item.text)) -%}
        {%- else -%}
            {%- do parts.append(
                ('left(' if word == 'starts_with' else 'right(')
                ~ text ~ ', ' ~ item.text | length ~ ') = ' ~ item.sql
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set sql = parts | join(' or ') -%}
    {{ return({
        'sql': 'not (' ~ sql ~ ')' if negative else sql,
        'value': read.value if wanted is sameas raw else read.value[0],
    }) }}
{% endmacro %}

{#
    Refuse what engines read in their own ways, and what is no pattern at all.
    Allowed: ordinary characters, . [..] [^..] ( ) | ^ $ * + ? {m} {m,n}, and a
    backslash before punctuation.
#}
{% macro check_pattern(context, pattern, path) %}
    {%- set state = namespace(
        error=none, depth=0, atom=false, i=0, in_class=false, class_start=0, last=none,
        range=false
    ) -%}
    {%- set opened = [] -%}
    {%- for character in pattern if state.error is none -%}
        {%- set at = loop.index0 -%}
        {%- set next = pattern[at + 1:at + 2] -%}
        {%- if at < state.i -%}
            {#- part of an escape or a quantifier that was read already -#}
        {%- elif character == '\\' and (next == '' or next.isalnum() or next.isspace()
            or not next.isascii()) -%}
            {%- set state.error = 'a backslash stands only before punctuation' -%}
        {%- elif state.in_class -%}
            {%- set first = at == state.class_start -%}
            {%- if character == ']' and not first -%}
                {%- if state.range -%}
                    {%- set state.error = 'a range in [..] lacks its end' -%}
                {%- endif -%}
                {%- set state.in_class = false -%}
                {%- set state.atom = true -%}
            {%- elif character == ']' or character == '[' -%}
                {%- set state.error = 'write \\[ and \\] inside [..]' -%}
            {%- elif character == '&' and next == '&' -%}
                {%- set state.error = '&& means different things to engines' -%}
            {%- elif character == '-' and state.last is not none and next != ']'
                and not state.range -%}
                {%- set state.range = true -%}
            {%- elif character == '-' and not first and next != ']' -%}
                {%- set state.error = 'write \\- inside [..]' -%}
            {%- else -%}
                {%- set literal = next if character == '\\' else character -%}
                {%- if state.range and literal < state.last -%}
                    {%- set state.error = 'reversed range in [..]' -%}
                {%- endif -%}
                {%- set state.last = none if state.range else literal -%}
                {%- set state.range = false -%}
                {%- set state.i = at + (2 if character == '\\' else 1) -%}
            {%- endif -%}
        {%- elif character == '\\' -%}
            {%- set state.i = at + 2 -%}
            {%- set state.atom = true -%}
        {%- elif character == '[' -%}
            {%- set negated = next == '^' -%}
            {%- set state.in_class = true -%}
            {%- set state.last = none -%}
            {%- set state.i = at + (2 if negated else 1) -%}
            {%- set state.class_start = state.i -%}
        {%- elif character == '(' -%}
            {%- if next == '?' -%}
                {%- set state.error = '(? is refused' -%}
            {%- endif -%}
            {%- set state.depth = state.depth + 1 -%}
            {%- set state.atom = false -%}
        {%- elif character == ')' -%}
            {%- if state.depth == 0 -%}
                {%- set state.error = 'a bracket is closed that was not opened' -%}
            {%- endif -%}
            {%- set state.depth = state.depth - 1 -%}
            {%- set state.atom = true -%}
        {%- elif character in '*+?{' -%}
            {%- if not state.atom -%}
                {%- set state.error = 'nothing stands before ' ~ character -%}
            {%- elif character == '{' -%}
                {%- set size = modules.re.match(
                    '^\\{([0-9]{1,3})(,([0-9]{1,3}))?\\}', pattern[at:]
                ) -%}
                {%- if not size or size.group(1) | int > 255
                    or (size.group(3) is not none and (size.group(3) | int > 255
                        or size.group(3) | int < size.group(1) | int)) -%}
                    {%- set state.error = 'a count is {m} or {m,n}, m to n, up to 255' -%}
                {%- else -%}
                    {%- set state.i = at + size.end() -%}
                {%- endif -%}
            {%- endif -%}
            {%- set state.atom = false -%}
        {%- elif character == '}' -%}
            {%- set state.error = 'a bare } is refused; write \\}' -%}
        {%- elif character in '|^$' -%}
            {%- set state.atom = false -%}
        {%- else -%}
            {%- set state.atom = true -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if state.error is none and state.in_class -%}
        {%- set state.error = 'a [ is not closed' -%}
    {%- elif state.error is none and state.depth > 0 -%}
        {%- set state.error = 'a ( is not closed' -%}
    {%- endif -%}
    {%- if state.error is not none -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'not a pattern that all engines read alike', pattern,
            'characters, . [..] [^..] ( ) | ^ $ * + ? {m} {m,n}, \\ before punctuation',
            state.error | capitalize ~ '.'
        ) -%}
    {%- endif -%}
{% endmacro %}
