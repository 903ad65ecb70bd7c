{#
    What rfm_order_totals has counted is still what the order lines say: nothing came
    late, was corrected, moved to another account or vanished after its day was settled.
    Mend it with `--full-refresh`.

    | argument             | meaning                                              |
    |----------------------|------------------------------------------------------|
    | lines, account_id, ordered_on, net_amount, is_first_line | as of the model |
    | parts                | accounts are compared in so many parts, by a hash of |
    |                      | their ids; default 1000. What moves from one account |
    |                      | to another within a part is not seen. 0: each        |
    |                      | account by itself                                    |

    One row per part that differs: orders (with is_first_line), amount, first and last
    day. A warning, and one scan of the lines with few groups; by account it takes more
    than a full refresh. To leave it out of the daily build, give it a tag:

        data_tests:
          - crm_segmentation.totals_match_lines:
              arguments:
                lines: source('shop', 'order_lines')
                is_first_line: line_number = 1
              config: {tags: [weekly]}
#}
{% test totals_match_lines(
    model, lines, account_id='account_id', ordered_on='ordered_on',
    net_amount='net_amount', is_first_line=none, parts=1000
) %}
{{ config(severity='warn') }}
{%- if parts is not integer or parts is boolean or parts < 0 -%}
    {{ exceptions.raise_compiler_error(
        "Bad parts in the test totals_match_lines: got '" ~ parts
        ~ "'; allowed: a whole number from 0, which compares each account. Give one."
    ) }}
{%- endif -%}
{%- set part_of_total = crm_segmentation.account_part('account_id', parts) -%}
{%- set part_of_line = crm_segmentation.account_part(account_id, parts) %}

with totals as (

    select
        {{ part_of_total }} as account_part,
        sum(order_count) as order_count,
        sum(net_amount) as net_amount,
        min(first_order_on) as first_order_on,
        max(last_order_on) as last_order_on
    from {{ model }}
    group by {{ part_of_total }}

),

counted as (

    select
        {{ part_of_line }} as account_part,
        {%- if is_first_line is none %}
        cast(null as bigint) as order_count,
        {%- else %}
        count(*) filter (where {{ is_first_line }}) as order_count,
        {%- endif %}
        cast(coalesce(sum({{ net_amount }}), 0) as decimal(38, 2)) as net_amount,
        min({{ ordered_on }}) as first_order_on,
        max({{ ordered_on }}) as last_order_on
    from {{ lines }} as lines
    where {{ ordered_on }} < (
        select coalesce(max(counted_until), date '0001-01-01')
        from {{ model }}
    )
    group by {{ part_of_line }}

)

select
    coalesce(totals.account_part, counted.account_part) as account_part,
    totals.order_count as orders_in_totals,
    counted.order_count as orders_in_lines,
    totals.net_amount as amount_in_totals,
    counted.net_amount as amount_in_lines,
    totals.first_order_on as first_in_totals,
    counted.first_order_on as first_in_lines,
    totals.last_order_on as last_in_totals,
    counted.last_order_on as last_in_lines
from totals
full join counted
    on totals.account_part = counted.account_part
where
    totals.net_amount is distinct from counted.net_amount
    or totals.first_order_on is distinct from counted.first_order_on
    or totals.last_order_on is distinct from counted.last_order_on
    {%- if is_first_line is not none %}
    or totals.order_count is distinct from counted.order_count
    {%- endif %}
{% endtest %}
