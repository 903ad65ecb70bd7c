{#
    The one definition of the KPIs, as a whole query with a row per account and
    as_of day. The daily build renders it for one day, the monthly history for the
    last 24 month ends.

    | argument | meaning                                                     |
    |----------|-------------------------------------------------------------|
    | days     | list of days (dates); the bounds of their windows are       |
    |          | literals                                                    |
    | evidence | relation like int_activity_by_day                           |
    | accounts | relation of account_id, first_seen_on; an account has no    |
    |          | row for a day before it was first seen                      |
    | scope    | which KPIs: all, own or extra (see kpi_declarations)        |
    | parts    | whether to add <column>__above and <column>__below of each  |
    |          | ratio, by which a flag compares it without division         |

    How: a fact is in the window `30d` of a day or it is not, and so for every
    window; facts are summed once by event, the columns that a KPI asks for and
    that pattern of windows. Each KPI then adds up a few of these sums.
#}
{% macro kpi_query(days, evidence, accounts, scope='all', parts=false) %}
{%- set columns = crm_segmentation.kpi_columns(scope) -%}
{%- set lengths = crm_segmentation.kpi_lengths(columns) -%}
{%- set dimensions = crm_segmentation.kpi_used_dimensions(columns) -%}
{%- set item_sets = crm_segmentation.kpi_item_sets(columns) -%}
{%- set favourites = [] -%}
{%- for column in columns if column.kpi.kind == 'most_frequent' -%}
    {%- do favourites.append(column) -%}
{%- endfor -%}
with kpi_days as (
    {%- for day in days %}
    select
        {{ crm_segmentation.date_literal(day) }} as as_of_date
        {%- for length in lengths %},
        {{ crm_segmentation.date_literal(crm_segmentation.add_days(day, -length)) }}
            as from_{{ length }}d
        {%- endfor %}
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
),

account_days as (
    select
        accounts.account_id,
        kpi_days.as_of_date
    from {{ accounts }} as accounts
    inner join kpi_days
        on accounts.first_seen_on < kpi_days.as_of_date
),

visible_evidence as (
    select
        evidence.*,
        {%- for length in lengths %}
        evidence.occurred_on >= kpi_days.from_{{ length }}d as in_{{ length }}d,
        {%- endfor %}
        kpi_days.as_of_date
    from {{ evidence }} as evidence
    inner join kpi_days
        on
            evidence.occurred_on < kpi_days.as_of_date
            and (
                evidence.ended_on is null
                or evidence.ended_on >= kpi_days.as_of_date
            )
),

summed as (
    select
        account_id,
        as_of_date,
        event_name,
        {%- for dimension in dimensions %}
        {{ dimension }},
        {%- endfor %}
        {%- for length in lengths %}
        in_{{ length }}d,
        {%- endfor %}
        sum(event_count) as event_count,
        sum(amount_count) as amount_count,
        sum(quantity) as quantity,
        sum(net_amount) as net_amount,
        sum(profit_amount) as profit_amount,
        min(occurred_on) as first_on,
        max(occurred_on) as last_on,
        min(due_on) filter (where due_on >= as_of_date) as due_on
    from visible_evidence
    group by
        account_id,
        as_of_date,
        event_name
        {%- for dimension in dimensions %},
        {{ dimension }}
        {%- endfor %}
        {%- for length in lengths %},
        in_{{ length }}d
        {%- endfor %}
),
{%- for items in item_sets %}

items_{{ loop.index }} as (
    select
        account_id,
        as_of_date,
        {{ items.item }} as item
        {%- for length in lengths %},
        bool_or(in_{{ length }}d) as in_{{ length }}d
        {%- endfor %}
    from visible_evidence
    where
        {{ crm_segmentation.kpi_condition([items.event], items['where'], 'all') }}
        and {{ items.item }} is not null
    group by
        account_id,
        as_of_date,
        {{ items.item }}
),

different_items_{{ loop.index }} as (
    select
        account_id,
        as_of_date
        {%- for column in items['columns'] %},
        count(*)
        {%- if column.window != 'all' %} filter (where in_
        {{- crm_segmentation.kpi_window_days(column.window) }}d)
        {%- endif %} as {{ column.column }}__items
        {%- endfor %}
    from items_{{ loop.index }}
    group by
        account_id,
        as_of_date
),
{%- endfor %}
{%- for column in favourites %}
{%- set kpi = column.kpi %}
{%- set value = kpi.most_frequent %}

ranked_{{ column.column }} as (
    select
        account_id,
        as_of_date,
        {{ value }} as value,
        row_number() over (
            partition by account_id, as_of_date
            order by
                sum(event_count) desc nulls last,
                {{ crm_segmentation.by_bytes(value) }} asc nulls last
        ) as position
    from summed
    where
        {{ crm_segmentation.kpi_condition([kpi.of], kpi['where'], column.window) }}
        and {{ value }} is not null
    group by
        account_id,
        as_of_date,
        {{ value }}
),

-- grouped, not joined by its position: PostgreSQL would expect a handful of rows and
-- read them again for each account
counted_{{ column.column }} as (
    select
        account_id,
        as_of_date,
        min(value) filter (where position = 1) as value
    from ranked_{{ column.column }}
    group by
        account_id,
        as_of_date
),
{%- endfor %}

added_up as (
    select
        account_id,
        as_of_date
        {%- for column in columns %}
        {%- set kind = column.kpi.kind %}
        {%- if kind in ['ratio', 'change_percent'] %},
        {{ crm_segmentation.kpi_above(column) }}
            as {{ column.column }}__above,
        {{ crm_segmentation.kpi_below(column) }}
            as {{ column.column }}__below
        {%- elif kind == 'mean_interval' %},
        {{ crm_segmentation.kpi_last_less_first(column) }}
            as {{ column.column }}__above
        {%- elif kind not in ['distinct', 'most_frequent'] %},
        {{ crm_segmentation.kpi_sum(column.kpi, column.window) }}
            as {{ column.column }}
        {%- endif %}
        {%- endfor %}
    from summed
    group by
        account_id,
        as_of_date
)

select
    account_days.account_id,
    account_days.as_of_date
    {%- for column in columns %},
    {{ crm_segmentation.kpi_value(column) }}
        as {{ column.column }}
    {%- if parts and column.kpi.kind in ['ratio', 'change_percent'] %},
    added_up.{{ column.column }}__above,
    added_up.{{ column.column }}__below
    {%- endif %}
    {%- endfor %}
from account_days
left join added_up
    on
        account_days.account_id = added_up.account_id
        and account_days.as_of_date = added_up.as_of_date
{%- for items in item_sets %}
left join different_items_{{ loop.index }}
    on
        account_days.account_id = different_items_{{ loop.index }}.account_id
        and account_days.as_of_date = different_items_{{ loop.index }}.as_of_date
{%- endfor %}
{%- for column in favourites %}
left join counted_{{ column.column }}
    on
        account_days.account_id = counted_{{ column.column }}.account_id
        and account_days.as_of_date = counted_{{ column.column }}.as_of_date
{%- endfor %}
{% endmacro %}

{# Days of a window: 30 for 30d, 84 for 12w, none for all. #}
{% macro kpi_window_days(window) %}
    {%- if window == 'all' -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return((window[:-1] | int) * (7 if window[-1] == 'w' else 1)) }}
{% endmacro %}

{# How many days before an as_of day a window of any column begins, ascending. #}
{% macro kpi_lengths(columns) %}
    {%- set lengths = [] -%}
    {%- for column in columns if column.window != 'all' -%}
        {%- set days = crm_segmentation.kpi_window_days(column.window) -%}
        {%- do lengths.append(days) -%}
        {%- if column.kpi.kind == 'change_percent' -%}
            {%- do lengths.append(2 * days) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(lengths | unique | sort) }}
{% endmacro %}

{# The dimensions that a KPI asks for, in the order of kpi_dimensions(). #}
{% macro kpi_used_dimensions(columns) %}
    {%- set used = [] -%}
    {%- for column in columns -%}
        {%- do used.extend(column.kpi['where'].keys()) -%}
        {%- if column.kpi.kind == 'most_frequent' -%}
            {%- do used.append(column.kpi.most_frequent) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(
        crm_segmentation.kpi_dimensions() | select('in', used) | list
    ) }}
{% endmacro %}

{#
    What is counted without repetition, as a list of {item, event, where, columns}:
    columns that differ in their window alone share one pass.
#}
{% macro kpi_item_sets(columns) %}
    {%- set sets = {} -%}
    {%- for column in columns
        if column.kpi.kind in ['distinct', 'mean_interval'] -%}
        {%- set kpi = column.kpi -%}
        {%- if kpi.kind == 'distinct' -%}
            {%- set items = {'item': kpi['distinct'], 'event': kpi.of} -%}
        {%- else -%}
            {%- set items = {'item': 'occurred_on', 'event': kpi.mean_interval} -%}
        {%- endif -%}
        {%- do items.update({'where': kpi['where']}) -%}
        {%- set key = tojson(items, sort_keys=true) -%}
        {%- if key not in sets -%}
            {%- do sets.update({key: dict(items, columns=[])}) -%}
        {%- endif -%}
        {%- do sets[key]['columns'].append(column) -%}
    {%- endfor -%}
    {{ return(sets.values() | list) }}
{% endmacro %}

{#
    SQL: whether a row of sums is one of `events`, meets `where` and lies in the
    window; with `before`, in the window of the same length before it.
#}
{% macro kpi_condition(events, where, window, before=false) %}
    {%- set names = [] -%}
    {%- for event in events -%}
        {%- do names.append(crm_segmentation.text_literal(event)) -%}
    {%- endfor -%}
    {%- set conditions = ["event_name in (" ~ names | join(', ') ~ ")"] -%}
    {%- for dimension, value in where.items() -%}
        {%- set values = [] -%}
        {%- for one in (
            [value] if value is string or value is not iterable else value
        ) -%}
            {%- do values.append(crm_segmentation.text_literal(one)) -%}
        {%- endfor -%}
        {%- do conditions.append(
            dimension ~ (
                " = " ~ values[0] if values | length == 1
                else " in (" ~ values | join(', ') ~ ")"
            )
        ) -%}
    {%- endfor -%}
    {%- set days = crm_segmentation.kpi_window_days(window) -%}
    {%- if before -%}
        {%- do conditions.append("in_" ~ 2 * days ~ "d and not in_" ~ days ~ "d") -%}
    {%- elif days is not none -%}
        {%- do conditions.append("in_" ~ days ~ "d") -%}
    {%- endif -%}
    {{- return(conditions | join(' and ')) -}}
{% endmacro %}

{# SQL: a KPI that is one aggregate, or the difference of two. #}
{% macro kpi_sum(kpi, window, before=false) %}
    {%- set kind = kpi.kind -%}
    {%- set where = kpi['where'] -%}
    {%- if kind == 'sum' -%}
        {%- set terms = [] -%}
        {%- for sign, events in [['', kpi['add']], ['-', kpi['less']]] if events -%}
            {%- do terms.append(
                sign ~ " coalesce(sum(" ~ kpi['sum'] ~ ") filter (where "
                ~ crm_segmentation.kpi_condition(events, where, window, before)
                ~ "), 0)"
            ) -%}
        {%- endfor -%}
        {{- return(terms | join(' ') | trim) -}}
    {%- endif -%}
    {%- set event = {
        'orders': 'order_with_category', 'days_until': 'contract_renewal'
    }.get(kind, kpi[kind]) -%}
    {%- set condition = crm_segmentation.kpi_condition(
        [event] if event is string else event, where, window, before
    ) -%}
    {%- if kind in ['count', 'orders'] -%}
        {{- return(
            "coalesce(sum(" ~ ('amount_count' if kpi.with_amount else 'event_count')
            ~ ") filter (where " ~ condition ~ "), 0)"
        ) -}}
    {%- elif kind == 'days_since_last' -%}
        {{- return(crm_segmentation.days_between(
            "max(last_on) filter (where " ~ condition ~ ")", "as_of_date"
        )) -}}
    {%- elif kind == 'days_since_first' -%}
        {{- return(crm_segmentation.days_between(
            "min(first_on) filter (where " ~ condition ~ ")", "as_of_date"
        )) -}}
    {%- elif kind == 'days_until' -%}
        {{- return(crm_segmentation.days_between(
            "as_of_date", "min(due_on) filter (where " ~ condition ~ ")"
        )) -}}
    {%- endif -%}
    {{ exceptions.raise_compiler_error(
        "Kind of KPI without an aggregate in kpi_sum(): got '" ~ kind ~ "' of KPI "
        ~ kpi.name ~ '; allowed: count, orders, sum and the days. Render it in '
        ~ 'kpi_query().'
    ) }}
{% endmacro %}

{# SQL: days from the first to the last day with the event. #}
{% macro kpi_last_less_first(column) %}
    {%- set condition = crm_segmentation.kpi_condition(
        [column.kpi.mean_interval], column.kpi['where'], column.window
    ) -%}
    {{- return(crm_segmentation.days_between(
        "min(first_on) filter (where " ~ condition ~ ")",
        "max(last_on) filter (where " ~ condition ~ ")"
    )) -}}
{% endmacro %}

{# SQL: what a ratio divides, in the unit of its result. #}
{% macro kpi_above(column) %}
    {%- set kpi = column.kpi -%}
    {%- if kpi.kind == 'ratio' -%}
        {{- return(
            crm_segmentation.kpi_sum(kpi.parts[0], column.window)
            ~ (' + ' ~ kpi.prior[0] if kpi.prior else '')
        ) -}}
    {%- endif -%}
    {%- set changing = kpi.parts[0] -%}
    {{- return(
        "100 * ((" ~ crm_segmentation.kpi_sum(changing, column.window) ~ ") - ("
        ~ crm_segmentation.kpi_sum(changing, column.window, before=true) ~ "))"
    ) -}}
{% endmacro %}

{# SQL: what a ratio divides by; NULL where there is no ratio. #}
{% macro kpi_below(column) %}
    {%- set kpi = column.kpi -%}
    {%- if kpi.kind == 'ratio' -%}
        {{- return(
            "nullif(" ~ crm_segmentation.kpi_sum(kpi.parts[1], column.window) ~ ", 0)"
            ~ (' + ' ~ kpi.prior[1] if kpi.prior else '')
        ) -}}
    {%- endif -%}
    {%- set base = crm_segmentation.kpi_sum(
        kpi.parts[0], column.window, before=true
    ) -%}
    {{- return("case when " ~ base ~ " > 0 then " ~ base ~ " end") -}}
{% endmacro %}

{# SQL: the value of a column, in its type. Nothing at all counts as 0. #}
{% macro kpi_value(column) %}
    {%- set kpi = column.kpi -%}
    {%- set kind = kpi.kind -%}
    {%- set name = column.column -%}
    {%- if kind in ['count', 'orders', 'sum'] -%}
        {%- set value = "coalesce(added_up." ~ name ~ ", 0)" -%}
    {%- elif kind == 'distinct' -%}
        {%- set value = "coalesce(" ~ name ~ "__items, 0)" -%}
    {%- elif kind == 'most_frequent' -%}
        {%- set value = "counted_" ~ name ~ ".value" -%}
    {%- elif kind == 'mean_interval' -%}
        {%- set value = crm_segmentation.exact_quotient(
            "added_up." ~ name ~ "__above",
            name ~ "__items - 1",
            2
        ) -%}
    {%- elif kind in ['ratio', 'change_percent'] -%}
        {%- set scale = modules.re.search('([0-9]+) *\\)', column.sql_type) -%}
        {%- set value = crm_segmentation.exact_quotient(
            "added_up." ~ name ~ "__above",
            "added_up." ~ name ~ "__below",
            (scale.group(1) | int) if scale else 0
        ) -%}
    {%- else -%}
        {%- set value = "added_up." ~ name -%}
    {%- endif -%}
    {{- return("cast(" ~ value ~ " as " ~ column.sql_type ~ ")") -}}
{% endmacro %}

{#
    The last 24 month ends as as_of days: the first day of a month sees all of the
    month before it, and no later day.
#}
{% macro month_ends() %}
    {%- set last = crm_segmentation.as_of_date().replace(day=1) -%}
    {%- set days = [] -%}
    {%- for back in range(23, -1, -1) -%}
        {%- do days.append(crm_segmentation.add_months(last, -back)) -%}
    {%- endfor -%}
    {{ return(days) }}
{% endmacro %}
