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
    | totals        | relation of rfm_order_totals over the same columns: only  |
    |               | lines that it has not counted are read                    |

    Only what one pass can give: days since the first and last order, orders, net
    amount and distinct products, in any window, without `where`. With totals neither
    windows nor products.
    Errors: another KPI in the setting rfm.
#}
{% macro rfm_measures_of_order_lines(
    lines, account_id='account_id', ordered_on='ordered_on', net_amount='net_amount',
    order_id='order_id', product_id='product_id', is_first_line=none, totals=none
) %}
    {%- set as_of = crm_segmentation.as_of_date() -%}
    {%- set day = crm_segmentation.date_literal(as_of) -%}
    {%- set order_count = 'count(distinct ' ~ order_id ~ ')' -%}
    {%- set measures = {} -%}
    {%- for dimension in crm_segmentation.rfm_kpis_of_order_lines(totals is not none) -%}
        {%- set conditions = [] -%}
        {%- if dimension.window != 'all' -%}
            {%- do conditions.append(
                ordered_on ~ ' >= ' ~ crm_segmentation.date_literal(
                    crm_segmentation.add_days(
                        as_of, -crm_segmentation.kpi_window_days(dimension.window)
                    )
                )
            ) -%}
        {%- endif -%}
        {%- if dimension.kind == 'order_count' and is_first_line is not none -%}
            {%- do conditions.append('(' ~ is_first_line ~ ')') -%}
        {%- endif -%}
        {%- if totals is not none -%}
            {%- set found = {
                'last': crm_segmentation.days_between('last_order_on', day),
                'first': crm_segmentation.days_between('first_order_on', day),
            }.get(dimension.kind, dimension.kind) -%}
        {%- else -%}
            {%- set found = {
                'last': crm_segmentation.days_between('max(' ~ ordered_on ~ ')', day),
                'first': crm_segmentation.days_between('min(' ~ ordered_on ~ ')', day),
                'order_count': order_count if is_first_line is none else 'count(*)',
                'net_amount': 'sum(' ~ net_amount ~ ')',
                'product_count': 'count(distinct ' ~ product_id ~ ')',
            }[dimension.kind] -%}
            {%- if conditions -%}
                {%- set found = found ~ ' filter (where ' ~ conditions | join(' and ')
                    ~ ')' -%}
                {%- if dimension.kind == 'net_amount' -%}
                    {%- set found = 'coalesce(' ~ found ~ ', 0)' -%}
                {%- endif -%}
            {%- endif -%}
        {%- endif -%}
        {%- do measures.update({dimension.dimension: [found, dimension.sql_type]}) -%}
    {%- endfor -%}
    {%- if totals is not none -%}
with totals as (
    select * from {{ totals }}
),

recent as (
    {{ crm_segmentation.rfm_line_totals(
        lines, account_id, ordered_on, net_amount, order_id, is_first_line,
        "(select coalesce(max(counted_until), date '0001-01-01') from totals)", day
    ) | indent(4) }}
),

counted as (
    {{ crm_segmentation.rfm_added_totals('totals', 'recent', 'full') | indent(4) }}
)
{% endif %}
select
    cast({{ 'account_id' if totals is not none else account_id }} as text)
        as account_id,
    {{ day }} as as_of_date
    {%- for name in crm_segmentation.rfm_dimension_names() %},
    {%- if name in measures %}
    cast({{ measures[name][0] }} as {{ measures[name][1] }}) as {{ name }}
    {%- else %}
    cast(null as integer) as {{ name }}
    {%- endif %}
    {%- endfor %}
    {%- if totals is not none %}
from counted
    {%- else %}
from {{ lines }} as lines
where {{ ordered_on }} < {{ day }}
group by {{ account_id }}
    {%- endif %}
{% endmacro %}

{#
    The KPIs of the setting rfm as order lines give them: a list of dimension, kind
    (last, first, order_count, net_amount or product_count), window and sql_type.
    Errors: a KPI that they do not give, or that totals do not.
#}
{% macro rfm_kpis_of_order_lines(of_totals=false) %}
    {%- set dimensions = [] -%}
    {%- set problems = [] -%}
    {%- for dimension in crm_segmentation.rfm_declaration().dimensions -%}
        {%- set column = crm_segmentation.kpi_columns()
            | selectattr('column', 'equalto', dimension.kpi) | first -%}
        {%- set kpi = column.kpi -%}
        {%- set kind = none if kpi['where']
            else 'last' if kpi.get('days_since_last') == 'order'
            else 'first' if kpi.get('days_since_first') == 'order'
            else 'order_count' if kpi.get('count') == 'order'
            else 'net_amount' if kpi.get('sum') == 'net_amount'
            else 'product_count' if kpi.get('distinct') == 'product_id'
            else none -%}
        {%- if kind is none -%}
            {%- do problems.append(
                "KPI that order lines alone do not give in var 'rfm', dimension "
                ~ dimension.dimension ~ ", kpi: got '" ~ dimension.kpi
                ~ "'; allowed: a KPI without `where` that is days since the last or "
                ~ 'first order, a count of orders, a sum of net_amount or distinct '
                ~ 'products. Name one, or take the rfm_measures of the package.'
            ) -%}
        {%- elif of_totals and (column.window != 'all' or kind == 'product_count') -%}
            {%- do problems.append(
                "KPI that totals of order lines do not give in var 'rfm', dimension "
                ~ dimension.dimension ~ ", kpi: got '" ~ dimension.kpi
                ~ "'; allowed: one over all time, and no distinct products, since days "
                ~ 'are only ever added. Name one, or leave `totals` away.'
            ) -%}
        {%- endif -%}
        {%- do dimensions.append({
            'dimension': dimension.dimension,
            'kind': kind,
            'window': column.window,
            'sql_type': column.sql_type,
        }) -%}
    {%- endfor -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(problems | join('\n')) }}
    {%- endif -%}
    {{ return(dimensions) }}
{% endmacro %}

{#
    The body of an incremental model, one row per account with what its order lines
    add up to, for the argument `totals` above: a day's build reads the lines of the
    new days and touches the accounts that are in them.

        {{ config(
            materialized='incremental', incremental_strategy='delete+insert',
            unique_key='account_id'
        ) }}
        {{ crm_segmentation.rfm_order_totals(
            source('shop', 'order_lines'), is_first_line='line_number = 1'
        ) }}

    | argument           | meaning                                              |
    |--------------------|------------------------------------------------------|
    | lines and so on    | as above                                             |
    | settled_after_days | lines of a day change no more after that many days;  |
    |                    | until then they are left to rfm_measures_of_order_lines, |
    |                    | which reads them anew. Default 0: they never change  |

    Without is_first_line all lines of an order must be of one day. A change of older
    lines is counted by `--full-refresh` only; the test totals_match_lines tells of it.
    Errors: an as_of day that is before what was counted.
#}
{% macro rfm_order_totals(
    lines, account_id='account_id', ordered_on='ordered_on', net_amount='net_amount',
    order_id='order_id', is_first_line=none, settled_after_days=0
) %}
    {%- set until = crm_segmentation.add_days(
        crm_segmentation.as_of_date(), -settled_after_days
    ) -%}
    {%- set since = none -%}
    {%- if is_incremental() -%}
        {%- set since = run_query('select max(counted_until) from ' ~ this)[0][0] -%}
        {%- if since is not none and since > until -%}
            {{ exceptions.raise_compiler_error(
                "Earlier day than the totals in var 'as_of_date': got " ~ until
                ~ ' as the end of what is settled; allowed: ' ~ since ~ ', the day up '
                ~ 'to which ' ~ this ~ ' has counted, or later. Build it anew with '
                ~ '--full-refresh for an earlier day.'
            ) }}
        {%- endif -%}
    {%- endif -%}
with new_lines as (
    {{ crm_segmentation.rfm_line_totals(
        lines, account_id, ordered_on, net_amount, order_id, is_first_line,
        none if since is none else crm_segmentation.date_literal(since),
        crm_segmentation.date_literal(until)
    ) | indent(4) }}
)

{% if since is none -%}
select
    account_id,
    first_order_on,
    last_order_on,
    order_count,
    net_amount,
    counted_until
from new_lines
{%- else -%}
{{ crm_segmentation.rfm_added_totals(this, 'new_lines', 'right') }}
{%- endif %}
{% endmacro %}

{# SQL: what the lines from `since` (none: from the first) to before `until` add up to. #}
{% macro rfm_line_totals(
    lines, account_id, ordered_on, net_amount, order_id, is_first_line, since, until
) %}
select
    cast({{ account_id }} as text) as account_id,
    min({{ ordered_on }}) as first_order_on,
    max({{ ordered_on }}) as last_order_on,
    {% if is_first_line is none -%}
    count(distinct {{ order_id }}) as order_count,
    {%- else -%}
    count(*) filter (where {{ is_first_line }}) as order_count,
    {%- endif %}
    cast(coalesce(sum({{ net_amount }}), 0) as decimal(18, 2)) as net_amount,
    {{ until }} as counted_until
from {{ lines }} as lines
where
    {{ ordered_on }} < {{ until }}
    {%- if since is not none %}
    and {{ ordered_on }} >= {{ since }}
    {%- endif %}
group by {{ account_id }}
{%- endmacro %}

{# SQL: two relations of totals added up, by a join that is `full` or `right`. #}
{% macro rfm_added_totals(totals, added, join) %}
select
    coalesce(totals.account_id, added.account_id) as account_id,
    least(totals.first_order_on, added.first_order_on) as first_order_on,
    greatest(totals.last_order_on, added.last_order_on) as last_order_on,
    coalesce(totals.order_count, 0) + coalesce(added.order_count, 0) as order_count,
    cast(
        coalesce(totals.net_amount, 0) + coalesce(added.net_amount, 0)
        as decimal(18, 2)
    ) as net_amount,
    coalesce(added.counted_until, totals.counted_until) as counted_until
from {{ totals }} as totals
{{ join }} join {{ added }} as added
    on totals.account_id = added.account_id
{%- endmacro %}

{# SQL: one of so many parts into which an account falls; itself with 0 parts. #}
{% macro account_part(account_id, parts) %}
    {%- set text = 'coalesce(cast(' ~ account_id ~ " as text), '')" -%}
    {{- return(crm_segmentation.quick_part(text, parts) if parts else text) -}}
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
