{#
    The setting `purchase_outlook`, whole and checked: what is not given takes its
    default.

    | key                | meaning                                                |
    |--------------------|--------------------------------------------------------|
    | window_days        | days before as_of_date whose purchases are looked at   |
    | prior_purchases    | weight of what all accounts buy, in purchases of the   |
    |                    | account's own                                          |
    | minimum_intervals  | intervals that a usual interval is the median of       |
    | minimum_accounts   | accounts that bought both of two complementary         |
    |                    | categories, at least                                   |
    | minimum_lift       | their lift is above it; 1 is chance                    |

    Errors: an unknown key, a value that is no number of its kind; all of them
    together.
#}
{% macro purchase_outlook_settings() %}
    {%- set defaults = {
        'window_days': 730,
        'prior_purchases': 4,
        'minimum_intervals': 2,
        'minimum_accounts': 20,
        'minimum_lift': 1.05,
    } -%}
    {%- set given = crm_segmentation.setting('purchase_outlook') or {} -%}
    {%- set found = {} -%}
    {%- set problems = [] -%}
    {%- for key in given if key not in defaults -%}
        {%- do problems.append(
            "Unknown key in var 'purchase_outlook': got '" ~ key ~ "'; allowed: "
            ~ defaults.keys() | join(', ') ~ '. '
            ~ crm_segmentation.did_you_mean(key, defaults.keys() | list)
        ) -%}
    {%- endfor -%}
    {%- for key, default in defaults.items() -%}
        {%- set value = given.get(key, default) -%}
        {%- set is_number = value is number and value is not boolean -%}
        {%- if key == 'minimum_lift' -%}
            {%- if not is_number or not 0 < value <= 1000000 -%}
                {%- do problems.append(
                    "Bad value of '" ~ key ~ "' in var 'purchase_outlook': got '"
                    ~ value ~ "'; allowed: a number above 0, like " ~ default ~ '.'
                ) -%}
            {%- endif -%}
        {%- elif not is_number or value is float or not 1 <= value <= 100000 -%}
            {%- do problems.append(
                "Bad value of '" ~ key ~ "' in var 'purchase_outlook': got '"
                ~ value ~ "'; allowed: a whole number from 1, like " ~ default ~ '.'
            ) -%}
        {%- endif -%}
        {%- do found.update({key: value}) -%}
    {%- endfor -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(problems | join('\n')) }}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}

{#
    SQL: a condition on the rows of int_activity_by_day: facts of the window of the
    setting purchase_outlook that are not cancelled before as_of_date.
#}
{% macro in_purchase_outlook() %}
    {%- set as_of = crm_segmentation.as_of_date() -%}
    {%- set day = crm_segmentation.date_literal(as_of) -%}
    {%- set first_day = crm_segmentation.date_literal(crm_segmentation.add_days(
        as_of, -crm_segmentation.purchase_outlook_settings().window_days
    )) -%}
    {{- return(
        "occurred_on >= " ~ first_day ~ " and occurred_on < " ~ day
        ~ " and (ended_on is null or ended_on >= " ~ day ~ ")"
    ) -}}
{% endmacro %}
