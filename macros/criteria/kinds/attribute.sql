{#
    Kind 15: eq_attribute and its siblings compare with another attribute, or column
    of the same row, of one type. NULL on either side is unknown: two unknowns are
    not equal.
#}
{% macro operator_attribute(context, operand, operator, raw, path) %}
    {%- set known = {} -%}
    {%- if context.row is none -%}
        {%- for name, attribute in context.attributes.items() -%}
            {%- do known.update({name: attribute.type}) -%}
        {%- endfor -%}
    {%- else -%}
        {%- do known.update(context.row.columns) -%}
    {%- endif -%}
    {%- set names = [] -%}
    {%- for name, type in known.items() if type == operand.type -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {%- if raw is not string or raw not in names -%}
        {%- do crm_segmentation.rule_error(
            context, path,
            'not ' ~ ('an attribute' if context.row is none
                else 'a column of ' ~ context.row.what) ~ ' of type ' ~ operand.type,
            raw, names,
            raw ~ ' is of type ' ~ known[raw] ~ '.' if raw is string and raw in known
                else "To compare with a value, write '" ~ operator.split('_')[0]
                    ~ "' or another operator of it." if raw is number
                else crm_segmentation.did_you_mean(raw, names)
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set other = dict(crm_segmentation.operand(context, raw), fold=operand.fold) -%}
    {%- set sign = {'eq': '=', 'neq': '<>', 'gt': '>', 'gte': '>=', 'lt': '<',
        'lte': '<='}[operator.split('_')[0]] -%}
    {%- set read = {
        'sql': crm_segmentation.comparable(operand) ~ ' ' ~ sign ~ ' '
            ~ crm_segmentation.comparable(other),
        'value': raw,
    } -%}
    {%- if context.with_values and context.row is none -%}
        {%- set shown = [] -%}
        {%- for one in [operand, other] -%}
            {%- do shown.append(
                'coalesce(' ~ crm_segmentation.text_of_value(one.sql, one.type)
                ~ ", '(unknown)')"
            ) -%}
        {%- endfor -%}
        {%- do read.update({'value_sql': shown | join(" || ' against ' || ")}) -%}
    {%- endif -%}
    {{ return(read) }}
{% endmacro %}
