{#
    Recorded intervals of one key neither end before they begin, nor last no time,
    nor overlap; at most the last of them is open.

    | argument | meaning                         |
    |----------|---------------------------------|
    | key      | columns of which each has a history |

    Gives the intervals at fault.
#}
{% test sound_intervals(model, key) %}
with

intervals as (

    select
        {{ key | join(', ') }},
        valid_from,
        valid_to,
        lead(valid_from) over (
            partition by {{ key | join(', ') }} order by valid_from
        ) as next_from
    from {{ model }}

)

select *
from intervals
where
    valid_to <= valid_from
    or next_from <= valid_from
    or (next_from is not null and (valid_to is null or valid_to > next_from))
{% endtest %}
