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
            {%- set pattern = crm_segmentation.read_pattern(context, item.value,
                path ~ ('[' ~ loop.index0 ~ ']' if wanted is sameas raw else ''),
                operand.fold) -%}
            {%- do parts.append(crm_segmentation.matches_pattern(text, pattern)) -%}
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
    {%- set sql = parts | join('\nor ') -%}
    {{ return({
        'sql': 'not ' ~ crm_segmentation.bracketed(sql) if negative else sql,
        'value': read.value if wanted is sameas raw else read.value[0],
    }) }}
{% endmacro %}

{#
    A pattern as it is asked of the text, folded or not. Refused is what engines read
    in their own ways or cannot hold, and what is no pattern at all.
    Allowed: ordinary characters, . [..] [^..] ( ) | ^ $ * + ? {m} {m,n}, and a
    backslash before punctuation.
#}
{% macro read_pattern(context, pattern, path, fold) %}
    {%- set limits = crm_segmentation.value_limits().pattern -%}
    {%- set plain = crm_segmentation.fold_text(pattern) if fold else pattern -%}
    {%- set state = namespace(
        error=none, atom=none, i=0, in_class=false, class_start=0, last=none,
        range=false
    ) -%}
    {%- set written = [] -%}
    {#- brackets that are open: length written out, and how often a part is repeated -#}
    {%- set groups = [{'length': 0, 'times': 1}] -%}
    {%- for character in pattern if state.error is none -%}
        {%- set at = loop.index0 -%}
        {%- set next = pattern[at + 1:at + 2] -%}
        {%- set group = groups[-1] -%}
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
                {%- do written.append(']') -%}
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
                {%- set state.i = at + (2 if character == '\\' else 1) -%}
                {%- if state.range and literal < state.last -%}
                    {%- set state.error = 'reversed range in [..]' -%}
                {%- elif state.range -%}
                    {%- set start = written.pop() -%}
                    {%- do written.append(
                        crm_segmentation.folded_range(state.last, literal) if fold
                        else start ~ '-' ~ pattern[at:state.i]
                    ) -%}
                {%- else -%}
                    {%- do written.append(plain[at:state.i]) -%}
                    {%- if not first -%}
                        {%- do state.atom.update({'length': state.atom.length + 1}) -%}
                        {%- do group.update({'length': group.length + 1}) -%}
                    {%- endif -%}
                {%- endif -%}
                {%- set state.last = none if state.range else literal -%}
                {%- set state.range = false -%}
            {%- endif -%}
        {%- elif character in '*+?{' -%}
            {%- set state.i = at + 1 -%}
            {%- if state.atom is none -%}
                {%- set state.error = 'nothing stands before ' ~ character -%}
            {%- elif character == '{' -%}
                {%- set size = modules.re.match(
                    '^\\{([0-9]{1,3})(,([0-9]{1,3}))?\\}', pattern[at:at + 9]
                ) -%}
                {%- set most = (size.group(3) or size.group(1)) | int if size else 0 -%}
                {%- if not size or size.group(1) | int > limits.high
                    or most > limits.high or most < size.group(1) | int -%}
                    {%- set state.error = 'a count is {m} or {m,n}, m to n, up to '
                        ~ limits.high -%}
                {%- else -%}
                    {%- set state.i = at + size.end() -%}
                    {%- set times = [most, 1] | max -%}
                    {%- do group.update({
                        'length': group.length + state.atom.length * (times - 1),
                        'times': [group.times, state.atom.times * times] | max,
                    }) -%}
                {%- endif -%}
            {%- endif -%}
            {%- set state.atom = none -%}
            {%- do written.append(pattern[at:state.i]) -%}
        {%- elif character == '(' -%}
            {%- if next == '?' -%}
                {%- set state.error = '(? is refused' -%}
            {%- endif -%}
            {%- do groups.append({'length': 0, 'times': 1}) -%}
            {%- set state.atom = none -%}
            {%- do written.append(character) -%}
        {%- elif character == ')' -%}
            {%- if groups | length == 1 -%}
                {%- set state.error = 'a bracket is closed that was not opened' -%}
            {%- else -%}
                {%- set state.atom = dict(
                    groups.pop(), length=[group.length, 1] | max
                ) -%}
                {%- do groups[-1].update({
                    'length': groups[-1].length + state.atom.length,
                    'times': [groups[-1].times, state.atom.times] | max,
                }) -%}
            {%- endif -%}
            {%- do written.append(character) -%}
        {%- elif character == '}' -%}
            {%- set state.error = 'a bare } is refused; write \\}' -%}
        {%- else -%}
            {%- set state.i = at + 1 -%}
            {%- if character == '[' -%}
                {%- set state.in_class = true -%}
                {%- set state.last = none -%}
                {%- set state.i = at + (2 if next == '^' else 1) -%}
                {%- set state.class_start = state.i -%}
            {%- elif character == '\\' -%}
                {%- set state.i = at + 2 -%}
            {%- endif -%}
            {%- do group.update({'length': group.length + 1}) -%}
            {%- set state.atom = none if character in '|^$'
                else {'length': 1, 'times': 1} -%}
            {%- do written.append(plain[at:state.i]) -%}
        {%- endif -%}
        {%- if groups[-1].times > limits.repeated -%}
            {%- set state.error = 'counts in one another multiply, here to '
                ~ groups[-1].times ~ '; at most ' ~ limits.repeated -%}
        {%- elif groups[-1].length > limits.length -%}
            {%- set state.error = 'with its counts written out it has more than '
                ~ limits.length ~ ' characters' -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if state.error is none and state.in_class -%}
        {%- set state.error = 'a [ is not closed' -%}
    {%- elif state.error is none and groups | length > 1 -%}
        {%- set state.error = 'a ( is not closed' -%}
    {%- endif -%}
    {%- if state.error is not none -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'not a pattern that all engines read alike', pattern,
            'characters, . [..] [^..] ( ) | ^ $ * + ? {m} {m,n}, \\ before punctuation',
            state.error | capitalize ~ '.'
        ) -%}
    {%- endif -%}
    {{ return(written | join) }}
{% endmacro %}

{#
    A range of a class as it is asked of folded text: what it holds, folded. Folding its
    two ends would give another range: [!-Z] has no [, and [!-z] has.
#}
{% macro folded_range(first, last) %}
    {%- set marked = [] -%}
    {%- for end in [first, last] -%}
        {%- do marked.append(('\\' if end in '\\]^-[' else '') ~ end) -%}
    {%- endfor -%}
    {%- set start = crm_segmentation.code_point(first) -%}
    {%- set stop = crm_segmentation.code_point(last) -%}
    {%- set folding = [] -%}
    {%- set runs = [] -%}
    {%- for pair in crm_segmentation.folding_letters() if start <= pair[0] <= stop -%}
        {%- do folding.append(pair) -%}
        {%- if start <= pair[1] <= stop -%}
            {#- the range holds it already -#}
        {%- elif runs and runs[-1][1] + 1 == pair[1] -%}
            {%- do runs[-1].append(pair[1]) -%}
            {%- do runs[-1].pop(1) -%}
        {%- else -%}
            {%- do runs.append([pair[1], pair[1]]) -%}
        {%- endif -%}
    {%- endfor -%}
    {#- capitals do not occur in folded text -#}
    {%- set written = [] if folding | length == stop - start + 1
        else [marked | join('-')] -%}
    {%- for run in runs -%}
        {%- do written.append(
            '%c' | format(run[0]) if run[0] == run[1] else '%c-%c' | format(*run)
        ) -%}
    {%- endfor -%}
    {{ return(written | join) }}
{% endmacro %}

{% macro code_point(letter) %}
    {{ return(letter.encode('utf-32-be').hex() | int(0, 16)) }}
{% endmacro %}

{# The code points that folding changes, in order, each with what it becomes. #}
{% macro folding_letters() %}
    {%- set known = crm_segmentation.kept_for_run('folding_letters') -%}
    {%- if known -%}
        {{ return(known) }}
    {%- endif -%}
    {%- set pairs = [] -%}
    {#- no script beyond these two planes has capitals -#}
    {%- for plane in [0, 65536] -%}
        {%- set codes = range(plane, plane + 65536) -%}
        {%- set letters = ('%c' * 65536) | format(*codes) -%}
        {%- set folded = crm_segmentation.fold_text(letters) -%}
        {%- for code, letter, small in zip(codes, letters, folded) if letter != small -%}
            {%- do pairs.append([code, crm_segmentation.code_point(small)]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(crm_segmentation.keep_for_run('folding_letters', pairs)) }}
{% endmacro %}
