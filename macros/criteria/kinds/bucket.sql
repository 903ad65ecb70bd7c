{#
    Kind 32: bucket: {salt: spring, below_percent: 12.5}, a stable random share. An
    account keeps its bucket for ever; another salt gives an independent draw.
#}
{% macro read_bucket(context, given, path) %}
    {%- set before = context.errors | length -%}
    {%- set keys = ['salt', 'below_percent'] -%}
    {%- set limits = crm_segmentation.value_limits() -%}
    {%- if not crm_segmentation.check_mapping(context, given, path, keys) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- if 'salt' in given and (given.salt is not string
        or not modules.re.match('^' ~ limits.salt.pattern ~ '\\Z', given.salt)) -%}
        {%- do crm_segmentation.rule_error(
            context, path ~ '.salt', 'not a salt', given.salt,
            'letters without accents, digits, _ and -',
            'Put it in quotes.' if given.salt is number or given.salt is boolean else ''
        ) -%}
    {%- endif -%}
    {%- if 'below_percent' in given -%}
        {%- set percent = crm_segmentation.read_bounded_number(
            context, 'below_percent', given.below_percent, path ~ '.below_percent',
            'share'
        ) -%}
        {%- set digits = '' if percent is none else percent.sql.split('.') -%}
        {%- if digits | length > 1 and digits[1].rstrip('0') | length
            > limits.share.decimals -%}
            {%- do crm_segmentation.rule_error(
                context, path ~ '.below_percent', 'more than two decimals',
                given.below_percent, 'like 12.5 or 12.25',
                'There are 10,000 buckets, so a hundredth of a percent is the least.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set hundredths = (digits[1] if digits | length > 1 else '') ~ '00' -%}
    {%- set limit = (digits[0] ~ hundredths[:2]) | int -%}
    {%- set bucket = crm_segmentation.hash_bucket('bucket', given.salt, 'base.account_id') -%}
    {{ return({
        'tree': {'bucket': {'salt': given.salt, 'below_percent': percent.value}},
        'sql': bucket ~ ' < ' ~ limit,
        'atomic': true,
        'value_sql': bucket,
    }) }}
{% endmacro %}
