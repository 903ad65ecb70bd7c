{#
    SQL: the quotient of two exact numbers, rounded half away from zero to `scale`
    digits; NULL where the divisor is 0. Never by way of floating point, which
    rounds a half of a cent now up and now down.

    | argument  | meaning                                            |
    |-----------|----------------------------------------------------|
    | numerator, divisor | SQL of integers or decimals, at most five |
    |           | digits after the point                             |
    | scale     | digits after the point of the result               |
#}
{% macro exact_quotient(numerator, divisor, scale) %}
    {{- return(adapter.dispatch('exact_quotient', 'crm_segmentation')(
        numerator, divisor, scale
    )) -}}
{% endmacro %}

{% macro default__exact_quotient(numerator, divisor, scale) %}
    {#- Division of decimals is floating point here; of whole numbers it is exact. -#}
    {%- set above = "cast(cast(" ~ numerator ~ " as decimal(34, 5)) * 100000 as hugeint)" -%}
    {%- set below = "cast(cast(" ~ divisor ~ " as decimal(34, 5)) * 100000 as hugeint)" -%}
    {%- set units -%}
        sign({{ above }}) * sign({{ below }}) * (
            (2 * abs({{ above }}) * {{ 10 ** scale }} + abs({{ below }}))
            // nullif(2 * abs({{ below }}), 0)
        )
    {%- endset -%}
    {{- return(
        "cast(" ~ units ~ " as decimal(38, 0)) * cast(" ~ "%.*f" | format(scale, 0.1 ** scale)
        ~ " as decimal(" ~ (scale + 1) ~ ", " ~ scale ~ "))"
    ) -}}
{% endmacro %}

{% macro postgres__exact_quotient(numerator, divisor, scale) %}
    {%- set above = "cast(" ~ numerator ~ " as numeric)" -%}
    {%- set below = "cast(" ~ divisor ~ " as numeric)" -%}
    {%- set units -%}
        sign({{ above }}) * sign({{ below }}) * div(
            2 * abs({{ above }}) * {{ 10 ** scale }} + abs({{ below }}),
            nullif(2 * abs({{ below }}), 0)
        )
    {%- endset -%}
    {{- return("(" ~ units ~ ") * " ~ "%.*f" | format(scale, 0.1 ** scale)) -}}
{% endmacro %}

{#
    SQL: an amount of money at an exchange rate, rounded half away from zero to
    cents. A product of decimals takes the wider of the two widths in some engines;
    19 digits make room for it without passing 38 in those that add them.
#}
{% macro convert_amount(amount, rate) %}
    {{- return(
        "cast(cast(" ~ amount ~ " as decimal(19, 2)) * cast(" ~ rate
        ~ " as decimal(18, 8)) as decimal(18, 2))"
    ) -}}
{% endmacro %}
