{#
    Every group that this group is made of carries this run's day. A group built
    alone, on a later day than the profiles that it combines, would mix two days
    without a word.

    Gives a row per input and wrong day. Which groups those are is read from the
    graph, so the test needs no argument.
#}
{% test inputs_built_as_of_run(model) %}
    {%- set inputs = [] -%}
    {%- if execute -%}
        {%- set inputs = crm_segmentation.group_inputs(model) -%}
    {%- endif -%}
    {%- set day = crm_segmentation.date_literal(crm_segmentation.as_of_date()) %}

{% for input in inputs -%}
select
    {{ crm_segmentation.text_literal(input.name) }} as input_name,
    as_of_date,
    count(*) as account_count
from {{ input.relation_name }}
where as_of_date is null or as_of_date <> {{ day }}
group by as_of_date
{% if not loop.last %}
union all

{% endif -%}
{% else -%}
select 'no inputs' as input_name
where 1 = 0
{% endfor -%}
{% endtest %}
