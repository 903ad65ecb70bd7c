{#
    The periods over which segments are compared: months, quarters and years, each
    length ending at every month end whose start the monthly history holds too. A
    list of {period, from_date, to_date}, the latter being the first day after it.
#}
{% macro outcome_periods() %}
    {%- set days = crm_segmentation.month_ends() -%}
    {%- set periods = [] -%}
    {%- for period, months in [('month', 1), ('quarter', 3), ('year', 12)] -%}
        {%- for day in days[months:] -%}
            {%- do periods.append({
                'period': period,
                'from_date': crm_segmentation.add_months(day, -months),
                'to_date': day
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(periods) }}
{% endmacro %}
