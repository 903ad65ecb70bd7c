{#
    SQL: the measures of RFM straight from order lines that already carry their
    account, by one aggregate: for a project that wants RFM alone, or has too many
    lines to carry them through the KPIs. Its model `rfm_measures` (with that of this
    package disabled) is then

        {{ crm_segmentation.rfm_measures_of_order_lines(
            source('shop', 'order_lines'), is_first_line='line_number = 1'
        ) }}

    | argument      | meaning                                                   |
    |---------------|-----------------------------------------------------------|
    | lines         | relation of order lines, cancelled ones taken out         |
    | account_id, ordered_on, net_amount, order_id, product_id | columns or SQL |
    |               | over them; days are dates, amounts exact numbers          |
    | is_first_line | SQL, true on one line of every order. Without it orders   |
    |               | are counted by their ids, which takes twice as long       |

    Only what one pass can give: days since the first and last order, orders, net
    amount and distinct products, in any window, without `where`.
    Errors: another KPI in the setting rfm.
#}
{% macro rfm_measures_of_order_lines(
    lines, account_id='account_id', ordered_on='ordered_on', net_amount='net_amount',
    order_id='order_id', product_id='product_id', is_first_line=none
) %}
    {%- set as_of = crm_segmentation.as_of_date() -%}
    {%- set day = crm_segmentation.date_literal(as_of) -%}
    {%- set measures = {} -%}
    {%- set problems = [] -%}
    {%- for dimension in crm_segmentation.rfm_declaration().dimensions -%}
        {%- set column = crm_segmentation.kpi_columns()
            | selectattr('column', 'equalto', dimension.kpi) | first -%}
        {%- set kpi = column.kpi -%}
        {%- set conditions = [] -%}
        {%- if column.window != 'all' -%}
            {%- do conditions.append(
                ordered_on ~ ' >= ' ~ crm_segmentation.date_literal(
                    crm_segmentation.add_days(
                        as_of, -crm_segmentation.kpi_window_days(column.window)
                    )
                )
            ) -%}
        {%- endif -%}
        {%- set found = none -%}
        {%- if kpi['where'] -%}
        {%- elif kpi.get('days_since_last') == 'order' -%}
            {%- set found = crm_segmentation.days_between(
                'max(' ~ ordered_on ~ ')', day
            ) -%}
        {%- elif kpi.get('days_since_first') == 'order' -%}
            {%- set found = crm_segmentation.days_between(
                'min(' ~ ordered_on ~ ')', day
            ) -%}
        {%- elif kpi.get('count') == 'order' -%}
            {%- set found = 'count(distinct ' ~ order_id ~ ')' -%}
            {%- if is_first_line is not none -%}
                {%- set found = 'count(*)' -%}
                {%- do conditions.append('(' ~ is_first_line ~ ')') -%}
            {%- endif -%}
        {%- elif kpi.get('sum') == 'net_amount' -%}
            {%- set found = 'sum(' ~ net_amount ~ ')' -%}
        {%- elif kpi.get('distinct') == 'product_id' -%}
            {%- set found = 'count(distinct ' ~ product_id ~ ')' -%}
        {%- endif -%}
        {%- if found is none -%}
            {%- do problems.append(
                "KPI that order lines alone do not give in var 'rfm', dimension "
                ~ dimension.dimension ~ ", kpi: got '" ~ dimension.kpi
                ~ "'; allowed: a KPI without `where` that is days since the last or "
                ~ 'first order, a count of orders, a sum of net_amount or distinct '
                ~ 'products. Name one, or take the rfm_measures of the package.'
            ) -%}
        {%- elif conditions -%}
            {%- set found = found ~ ' filter (where ' ~ conditions | join(' and ')
                ~ ')' -%}
            {%- if kpi.get('sum') -%}
                {%- set found = 'coalesce(' ~ found ~ ', 0)' -%}
            {%- endif -%}
        {%- endif -%}
        {%- do measures.update({dimension.dimension: [found, column.sql_type]}) -%}
    {%- endfor -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(problems | join('\n')) }}
    {%- endif -%}
select
    cast({{ account_id }} as text) as account_id,
    {{ day }} as as_of_date
    {%- for name in crm_segmentation.rfm_dimension_names() %},
    {%- if name in measures %}
    cast({{ measures[name][0] }} as {{ measures[name][1] }}) as {{ name }}
    {%- else %}
    cast(null as integer) as {{ name }}
    {%- endif %}
    {%- endfor %}
from {{ lines }} as lines
where {{ ordered_on }} < {{ day }}
group by {{ account_id }}
{% endmacro %}

{#
    SQL: the modelling sample of a project that has nothing but the measures of RFM, in
    the columns of `modelling_sample`, drawn as that is.
#}
{% macro rfm_sample(measures) %}
with drawn as (
    select
        {{ crm_segmentation.sample_key('account_id') }} as sample_key,
        *
    from {{ measures }}
    where recency is not null
    order by {{ crm_segmentation.by_bytes('sample_key') }}
    limit {{ crm_segmentation.sample_setting('modelling_sample_size') }}
)
{% for dimension in crm_segmentation.rfm_declaration().dimensions %}
select
    cast(sample_key as text) as sample_key,
    cast(as_of_date as date) as as_of_date,
    {{ crm_segmentation.text_literal(dimension.kpi) }} as feature,
    cast({{ dimension.dimension }} as decimal(24, 6)) as value,
    cast(null as text) as category
from drawn
{{ 'union all' if not loop.last }}
{%- endfor %}
{% endmacro %}
