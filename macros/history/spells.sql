{#
    SQL: CTEs from what snapshots recorded to the spells of a state, the last of them
    named `spells`: intervals that touch, of one value where there is one, are one.

    | argument | meaning                                                   |
    |----------|-----------------------------------------------------------|
    | recorded | a relation with status, valid_from, valid_to and the keys |
    | keys     | columns of whose states there is one at a time            |
    | status   | the status that an interval of the state has              |
    | value    | column whose change ends a spell; none: there is none     |

    | column     | meaning                                                 |
    |------------|---------------------------------------------------------|
    | keys, value| as recorded                                             |
    | spell_number | 1, 2, .. in the order of time                         |
    | valid_from, valid_to | first day, and first day no more or NULL      |

    `intervals` are those of every status.
#}
{% macro spell_ctes(recorded, keys, status, value=none) %}
{%- set as_of = crm_segmentation.date_literal(crm_segmentation.as_of_date()) -%}
{%- set columns = keys + ([value] if value else []) -%}
{%- set by_time = 'over (\n            partition by ' ~ keys | join(', ')
    ~ ' order by valid_from\n        ' -%}
-- What builds before this run's day recorded: an interval that this day's earlier
-- run closed is open again, and one without length never was.
intervals as (

    select
        {{ columns | join(',\n        ') }},
        status,
        valid_from,
        case when valid_to < {{ as_of }} then valid_to end as valid_to
    from {{ recorded }}
    where
        valid_from < {{ as_of }}
        and (valid_to is null or valid_to > valid_from)

),

compared as (

    select
        {{ columns | join(',\n        ') }},
        valid_from,
        valid_to,
        {%- if value %}
        lag({{ value }}) {{ by_time }}) as value_before,
        {%- endif %}
        lag(valid_to) {{ by_time }}) as end_before
    from intervals
    where status = {{ crm_segmentation.text_literal(status) }}

),

numbered as (

    select
        {{ columns | join(',\n        ') }},
        valid_from,
        valid_to,
        sum(
            case
                when
                    end_before = valid_from
                    {%- if value %}
                    and {{ value }} is not distinct from value_before
                    {%- endif %}
                    then 0
                else 1
            end
        ) {{ by_time }}    rows between unbounded preceding and current row
        ) as spell_number
    from compared

),

spells as (

    select
        {{ columns | join(',\n        ') }},
        spell_number,
        min(valid_from) as valid_from,
        case when count(valid_to) = count(*) then max(valid_to) end as valid_to
    from numbered
    group by {{ columns | join(', ') }}, spell_number

)
{%- endmacro %}

{#
    SQL: the accounts and names of which something is known now, and those that an
    earlier run recorded. They stay for good: a snapshot then sees what is no more go
    as a change of status, dated by this run, and never as a row that is gone.
#}
{% macro ever_known(now, spells, name) %}
    select
        account_id,
        {{ name }}
    from {{ now }}
    union
    select
        account_id,
        {{ name }}
    from {{ spells }}
{%- endmacro %}
