{#
    Read one value of a rule by the type that the catalogue declares, and refuse what
    YAML 1.1 made of it otherwise: {sql, value}, or none where it is wrong.

    | type      | accepted                                    | sql                    |
    |-----------|---------------------------------------------|------------------------|
    | text      | text                                        | literal, folded or not |
    | number    | a number; quoted plain digits, read exactly | plain digits           |
    | boolean   | true, false                                 | true, false            |
    | date,     | a day, written with or without quotes       | none: `day` is given   |
    | timestamp |                                             |                        |

    Where unknown can be asked for, `operand.unknown` says how.
#}
{% macro read_value(context, operand, raw, path) %}
    {%- if raw is none -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'no value', raw, crm_segmentation.allowed_values(operand),
            operand.get('unknown', '')
        ) -%}
        {{ return(none) }}
    {%- elif raw is string and raw == '' -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'empty text', raw, crm_segmentation.allowed_values(operand),
            'Blank is stored as unknown. ' ~ operand.unknown if operand.unknown
                else 'Write what is meant.'
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(crm_segmentation['read_' ~ {
        'text': 'text', 'values': 'text', 'number': 'number', 'boolean': 'boolean',
        'date': 'day', 'timestamp': 'day',
    }[operand.type]](context, operand, raw, path)) }}
{% endmacro %}

{# What a value of a type may be, for errors. #}
{% macro allowed_values(operand) %}
    {{ return(operand.get('allowed') or {
        'text': 'a text',
        'values': 'a text',
        'number': 'plain digits, like 1000 or 12.5',
        'boolean': 'true, false',
        'date': 'a calendar day like 2024-01-31',
        'timestamp': 'a calendar day like 2024-01-31',
    }[operand.type]) }}
{% endmacro %}

{% macro read_text(context, operand, raw, path) %}
    {%- set wanted = operand.name ~ ' is a text' -%}
    {%- if raw is string and '\x00' in raw -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'text with the character 0', raw, 'any other character', ''
        ) -%}
        {{ return(none) }}
    {%- elif raw is not string -%}
        {%- set mend = 'Put it in quotes.' -%}
        {%- if raw is boolean -%}
            {%- set wanted = wanted ~ '; YAML reads NO, no, off, Yes and on as true or false' -%}
            {%- set mend = 'Put NO in quotes: "NO".' if not raw
                else 'Put the word in quotes.' -%}
        {%- elif raw is number -%}
            {%- set wanted = wanted ~ '; YAML reads 01067, 1_000 and 12:30 as numbers' -%}
            {%- set mend = 'Put it in quotes as it is written.' -%}
        {%- elif raw.isoformat is defined -%}
            {%- set wanted = wanted ~ '; YAML reads 2024-01-31 as a date' -%}
        {%- else -%}
            {%- set mend = 'Give one text.' -%}
        {%- endif -%}
        {%- do crm_segmentation.rule_error(
            context, path, wanted, raw, crm_segmentation.allowed_values(operand), mend
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set folded = crm_segmentation.fold_text(raw) -%}
    {%- if operand.allowed -%}
        {%- set known = [] -%}
        {%- for value in operand.allowed -%}
            {%- do known.append(
                crm_segmentation.fold_text(value) if operand.fold else value
            ) -%}
        {%- endfor -%}
        {%- if (folded if operand.fold else raw) not in known -%}
            {%- do crm_segmentation.rule_error(
                context, path, 'not a value of ' ~ operand.name, raw, operand.allowed,
                crm_segmentation.did_you_mean(raw, operand.allowed)
            ) -%}
            {{ return(none) }}
        {%- endif -%}
    {%- endif -%}
    {{ return({
        'sql': crm_segmentation.text_literal(folded if operand.fold else raw),
        'text': folded if operand.fold else raw,
        'value': raw,
    }) }}
{% endmacro %}

{# The counterpart of the SQL macro fold(), for literals. #}
{% macro fold_text(text) %}
    {{ return(
        text.replace('İ', 'i').replace('Σ', 'σ').replace('ς', 'σ') | lower
    ) }}
{% endmacro %}

{% macro read_number(context, operand, raw, path) %}
    {%- set shape = operand.get('shape', 'number') -%}
    {%- if raw is string -%}
        {%- if modules.re.match('^-?[0-9]+(\\.[0-9]+)?\\Z', raw) -%}
            {%- if crm_segmentation.is_too_long(raw, shape) -%}
                {{ return(crm_segmentation.long_number_error(context, raw, path, shape)) }}
            {%- endif -%}
            {{ return({'sql': raw, 'value': raw}) }}
        {%- endif -%}
        {%- do crm_segmentation.rule_error(
            context, path, operand.name ~ ' is a number', raw, 'plain digits',
            'Write 1000 or 12.5: no thousands sign, no exponent, no unit.'
        ) -%}
        {{ return(none) }}
    {%- elif raw is boolean or raw is not number or (raw * 0) != (raw * 0) -%}
        {%- do crm_segmentation.rule_error(
            context, path, operand.name ~ ' is a number', raw, 'plain digits, like 1000 or 12.5', ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set plain = crm_segmentation.plain_digits(raw) -%}
    {%- if raw is float
        and plain.replace('-', '').replace('.', '').lstrip('0').rstrip('0') | length > 15 -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'YAML keeps 15 digits of a number with a decimal point', raw,
            'up to 15 digits, more in quotes',
            'Put it in quotes to have it read exactly.'
        ) -%}
        {{ return(none) }}
    {%- elif crm_segmentation.is_too_long(plain, shape) -%}
        {{ return(crm_segmentation.long_number_error(context, raw, path, shape)) }}
    {%- endif -%}
    {#- The tree is kept in 64-bit integers; a larger one is kept as its digits. -#}
    {{ return({
        'sql': plain,
        'value': raw if -9223372036854775808 <= raw <= 9223372036854775807 else plain,
    }) }}
{% endmacro %}

{# A number within the limits of a shape, see value_limits(). #}
{% macro read_bounded_number(context, name, raw, path, shape) %}
    {%- set limits = crm_segmentation.value_limits()[shape] -%}
    {%- set positive = 'above' in limits -%}
    {%- set low = (limits.above if positive else limits.low) | string -%}
    {%- set high = limits.high | string -%}
    {%- set read = crm_segmentation.read_value(
        context, {'name': name, 'type': 'number', 'allowed': none}, raw, path
    ) -%}
    {%- if read is not none and (crm_segmentation.is_greater(low, read.sql)
        or crm_segmentation.is_greater(read.sql, high)
        or (positive and not crm_segmentation.is_greater(read.sql, low))) -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'out of range', raw,
            ('above ' if positive else 'from ') ~ low ~ ' to ' ~ high, ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(read) }}
{% endmacro %}

{#
    A whole number within the limits of a shape, written as such; `high` where it
    depends on what else is asked.
#}
{% macro read_whole_number(context, name, raw, path, shape='whole', high=none) %}
    {%- set limits = crm_segmentation.value_limits()[shape] -%}
    {%- set low = limits.low -%}
    {%- set high = limits.high if high is none else high -%}
    {%- if raw is boolean or raw is not integer or raw < low or raw > high -%}
        {%- do crm_segmentation.rule_error(
            context, path, name ~ ' is a whole number', raw, low ~ ' to ' ~ high, ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return({'sql': raw | string, 'value': raw}) }}
{% endmacro %}

{#
    Too many digits for an engine to compare exactly, in a decimal of 38 digits: with a
    value; with a sum, or with a mean by way of one (`amount`: to 10 ** 28); with what a
    sum changed by, where the number is multiplied by a sum (`change`: to 10 ** 22).
#}
{% macro is_too_long(plain, shape) %}
    {%- set limits = crm_segmentation.value_limits()[shape] -%}
    {%- set parts = plain.lstrip('-').split('.') -%}
    {{ return(
        parts[0].lstrip('0') | length > limits.digits
        or (parts[1] | default('')) | length > limits.decimals
    ) }}
{% endmacro %}

{% macro long_number_error(context, raw, path, shape) %}
    {%- set limits = crm_segmentation.value_limits()[shape] -%}
    {%- do crm_segmentation.rule_error(
        context, path, 'number too long to compare exactly', raw,
        'up to ' ~ limits.digits ~ ' digits before the point and ' ~ limits.decimals
            ~ ' after', 'Round it.'
    ) -%}
    {{ return(none) }}
{% endmacro %}

{# A number in plain digits: YAML hands 0.00001 over as 1e-05, a float in SQL. #}
{% macro plain_digits(number) %}
    {%- set text = number | string -%}
    {%- if 'e' not in text -%}
        {{ return(text[:-2] if text.endswith('.0') else text) }}
    {%- endif -%}
    {%- set sign = '-' if text.startswith('-') else '' -%}
    {%- set mantissa = text.lstrip('-').split('e')[0] -%}
    {%- set exponent = text.split('e')[1] | int -%}
    {%- set whole = mantissa.split('.')[0] -%}
    {%- set fraction = mantissa.split('.')[1] if '.' in mantissa else '' -%}
    {%- if exponent < 0 -%}
        {{ return(sign ~ '0.' ~ '0' * (-exponent - 1) ~ whole ~ fraction) }}
    {%- endif -%}
    {{ return(sign ~ whole ~ fraction ~ '0' * (exponent - fraction | length)) }}
{% endmacro %}

{% macro read_boolean(context, operand, raw, path) %}
    {%- if raw is not boolean -%}
        {%- do crm_segmentation.rule_error(
            context, path, operand.name ~ ' is yes or no', raw, 'true, false',
            'Take the quotes away.' if raw is string and raw | lower in ['true', 'false']
                else ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return({'sql': 'true' if raw else 'false', 'value': raw}) }}
{% endmacro %}

{% macro read_day(context, operand, raw, path) %}
    {%- set years = crm_segmentation.value_limits().day -%}
    {%- set good = namespace(day=none) -%}
    {%- if raw is string -%}
        {%- if modules.re.match('^[0-9]{4}-[0-9]{2}-[0-9]{2}\\Z', raw) -%}
            {%- set year = raw[:4] | int -%}
            {%- set month = raw[5:7] | int -%}
            {%- set day = raw[8:] | int -%}
            {%- if year >= 1 and 1 <= month <= 12
                and 1 <= day <= crm_segmentation.days_in_month(year, month) -%}
                {%- set good.day = modules.datetime.date(year, month, day) -%}
            {%- endif -%}
        {%- endif -%}
    {%- elif raw.isoformat is defined and raw.hour is not defined -%}
        {%- set good.day = raw -%}
    {%- endif -%}
    {%- if good.day is none or good.day.year < years['first']
        or good.day.year > years['last'] -%}
        {%- do crm_segmentation.rule_error(
            context, path,
            operand.name ~ ' is compared by day' if raw.hour is defined
                else 'not a calendar day',
            raw, crm_segmentation.allowed_values(operand),
            'Leave the time of day away.' if raw.hour is defined else ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return({'day': good.day, 'value': good.day.isoformat()}) }}
{% endmacro %}

{# A list of values of one type, at least one; none where one of them is wrong. #}
{% macro read_values(context, operand, raw, path) %}
    {%- set limit = crm_segmentation.rule_limits()['values'] -%}
    {%- if raw is string or raw is mapping or raw is not sequence -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'not a list', raw, 'a list like [DE, AT]',
            '' if raw is mapping or raw is none
                else 'Put it in brackets: [' ~ raw ~ '].'
        ) -%}
        {{ return(none) }}
    {%- elif raw | length == 0 or raw | length > limit -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'empty list' if raw | length == 0 else 'too long a list', raw,
            '1 to ' ~ limit ~ ' values',
            'Put long lists in a seed and join it.' if raw | length else ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set before = context.errors | length -%}
    {%- set read = [] -%}
    {%- set literals = [] -%}
    {%- for item in raw -%}
        {%- if item is mapping or (item is sequence and item is not string) -%}
            {%- do crm_segmentation.rule_error(
                context, path ~ '[' ~ loop.index0 ~ ']', 'not one value', item,
                crm_segmentation.allowed_values(operand), 'Write each value as an item.'
            ) -%}
        {%- else -%}
            {%- set value = crm_segmentation.read_value(
                context, operand, item, path ~ '[' ~ loop.index0 ~ ']'
            ) -%}
            {%- if value is not none -%}
                {%- do read.append(value) -%}
                {%- if value.sql is defined and value.sql not in literals -%}
                    {%- do literals.append(value.sql) -%}
                {%- endif -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return({
        'items': read,
        'literals': literals,
        'value': read | map(attribute='value') | list,
    }) }}
{% endmacro %}

{# The two ends of a range: {low, high, value}; a reversed one is an error. #}
{% macro read_range(context, operand, raw, path) %}
    {%- if raw is string or raw is mapping or raw is not sequence or raw | length != 2 -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'not a range', raw, 'two values: [from, to], both included', ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set read = crm_segmentation.read_values(context, operand, raw, path) -%}
    {%- if read is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set low, high = read['items'][0], read['items'][1] -%}
    {%- set reversed = low.day > high.day if low.day is defined
        else crm_segmentation.is_greater(low.sql, high.sql) -%}
    {%- if reversed -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'reversed range', low.value ~ ' to ' ~ high.value,
            'the lower value first',
            'Write [' ~ high.value ~ ', ' ~ low.value ~ '].'
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return({'low': low, 'high': high, 'value': read.value}) }}
{% endmacro %}

{# Is one number in plain digits greater than another? Exact at any length. #}
{% macro is_greater(left, right) %}
    {%- set parts = [] -%}
    {%- for text in [left, right] -%}
        {%- set digits = text.lstrip('-') -%}
        {%- set whole = digits.split('.')[0].lstrip('0') -%}
        {%- set fraction = (digits.split('.')[1] if '.' in digits else '').rstrip('0') -%}
        {%- do parts.append({
            'negative': text.startswith('-') and (whole ~ fraction) != '',
            'size': [whole | length, whole, fraction],
        }) -%}
    {%- endfor -%}
    {%- if parts[0].negative != parts[1].negative -%}
        {{ return(parts[1].negative) }}
    {%- elif parts[0].negative -%}
        {{ return(parts[0].size < parts[1].size) }}
    {%- endif -%}
    {{ return(parts[0].size > parts[1].size) }}
{% endmacro %}
