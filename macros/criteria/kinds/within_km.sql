{#
    Kind 16: within_km: {of: [48.1, 11.6], km: 50}, the distance of two points on a
    sphere of 6,371 km by the haversine formula. The one arithmetic in floating point.
#}
{% macro operator_within_km(context, operand, operator, raw, path) %}
    {%- set before = context.errors | length -%}
    {%- set keys = ['of', 'km'] -%}
    {%- if raw is not mapping -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'not a circle', raw, '{of: [<latitude>, <longitude>], km: 50}',
            ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- for key in raw if key not in keys -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'unknown key', key, keys,
            crm_segmentation.did_you_mean(key, keys)
        ) -%}
    {%- endfor -%}
    {%- for key, example in {'of': '[<latitude>, <longitude>]', 'km': 50}.items()
        if key not in raw -%}
        {%- do crm_segmentation.missing_key(
            context, path, key, key ~ ': ' ~ example
        ) -%}
    {%- endfor -%}
    {%- set km = crm_segmentation.read_bounded_number(
        context, 'km', raw.km, path ~ '.km', 'kilometres'
    ) if 'km' in raw else none -%}
    {%- set of = raw.get('of') -%}
    {%- set point = [] -%}
    {%- if 'of' not in raw -%}
        {#- noted above -#}
    {%- elif of is string or of is mapping or of is not sequence or of | length != 2 -%}
        {%- do crm_segmentation.rule_error(
            context, path ~ '.of', 'not a point', of,
            'two numbers in degrees: [<latitude>, <longitude>]', ''
        ) -%}
    {%- else -%}
        {%- for name in ['latitude', 'longitude'] -%}
            {%- do point.append(crm_segmentation.read_bounded_number(
                context, name, of[loop.index0], path ~ '.of[' ~ loop.index0 ~ ']', name
            )) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set chord = crm_segmentation.half_chord_squared(
        operand.sql, operand.longitude_sql, point[0].sql, point[1].sql
    ) -%}
    {%- set double = crm_segmentation.type_double() -%}
    {#- No two points are farther apart than half the circumference. -#}
    {%- set bound = '2' if crm_segmentation.is_greater(km.sql, '20015.0867')
        else 'power(sin(cast(' ~ km.sql ~ ' as ' ~ double ~ ') / (2 * 6371)), 2)' -%}
    {{ return({
        'sql': chord ~ ' <= ' ~ bound,
        'value': {'of': [point[0].value, point[1].value], 'km': km.value},
        'value_sql': '2 * 6371 * atan2(sqrt(' ~ chord ~ '), sqrt(abs(1 - (' ~ chord
            ~ '))))',
        'thresholds': [km.sql],
    }) }}
{% endmacro %}

{#
    SQL: the square of half the chord between a point of columns and one of literals,
    in degrees, on a sphere of radius 1. It grows with the distance, so that a
    distance is asked for without an arc sine, and is NULL where a column is.
#}
{% macro half_chord_squared(latitude, longitude, to_latitude, to_longitude) %}
    {%- set degrees = [] -%}
    {%- for sql in [latitude, longitude, to_latitude, to_longitude] -%}
        {%- do degrees.append(
            'cast(' ~ sql ~ ' as ' ~ crm_segmentation.type_double() ~ ')'
        ) -%}
    {%- endfor -%}
    {{ return(
        'power(sin(radians(' ~ degrees[0] ~ ' - ' ~ degrees[2] ~ ') / 2), 2)\n'
        ~ '+ cos(radians(' ~ degrees[0] ~ ')) * cos(radians(' ~ degrees[2] ~ '))\n'
        ~ '* power(sin(radians(' ~ degrees[1] ~ ' - ' ~ degrees[3] ~ ') / 2), 2)'
    ) }}
{% endmacro %}
