{#
    SQL: a select that sets each arm of a randomised campaign against its control.

    | argument | meaning                                                     |
    |----------|-------------------------------------------------------------|
    | counts   | name of a CTE or relation with the columns of keys, arm,    |
    |          | account_count and success_count                             |
    | keys     | columns that name one comparison, like campaign_id          |

    Gives its columns, and success_rate and control_rate (shares), lift_points,
    lift_points_low and lift_points_high: the difference of the rates in percentage
    points with its 95 % interval, p1 - p0 -+ z * sqrt(p1 q1 / n1 + p0 q0 / n0).
    They are NULL for the control itself, and where either arm is empty.

    The interval is that of a large sample; below some five successes or failures in
    an arm it is too narrow.
#}
{% macro lift_over_control(counts, keys) %}
    {%- set double = crm_segmentation.type_double() -%}
    {%- set normal_quantile = '1.959963984540054' -%}
    {%- set is_control = "arms.arm = 'control'" -%}
select
    {%- for key in keys %}
    compared.{{ key }},
    {%- endfor %}
    compared.arm,
    compared.account_count,
    compared.success_count,
    compared.success_rate,
    compared.control_rate,
    100 * compared.difference as lift_points,
    100 * (compared.difference - {{ normal_quantile }} * compared.standard_error)
        as lift_points_low,
    100 * (compared.difference + {{ normal_quantile }} * compared.standard_error)
        as lift_points_high
from (
    select
        {%- for key in keys %}
        arms.{{ key }},
        {%- endfor %}
        arms.arm,
        arms.account_count,
        arms.success_count,
        arms.success_rate,
        controls.success_rate as control_rate,
        case when not {{ is_control }} then arms.success_rate - controls.success_rate end
            as difference,
        sqrt(
            arms.success_rate * (1 - arms.success_rate)
            / nullif(arms.account_count, 0)
            + controls.success_rate * (1 - controls.success_rate)
            / nullif(controls.account_count, 0)
        ) as standard_error
    from (
        select
            *,
            cast(success_count as {{ double }})
            / nullif(account_count, 0) as success_rate
        from {{ counts }}
    ) as arms
    left join (
        select
            *,
            cast(success_count as {{ double }})
            / nullif(account_count, 0) as success_rate
        from {{ counts }}
        where arm = 'control'
    ) as controls
        on
            {%- for key in keys %}
            {{ 'and ' if not loop.first }}arms.{{ key }} = controls.{{ key }}
            {%- endfor %}
) as compared
{% endmacro %}
