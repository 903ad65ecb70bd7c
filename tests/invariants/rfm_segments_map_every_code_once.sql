-- The map of RFM codes is total and disjoint: all 125 codes, each once, and each code
-- the text of its three scores.
with

map as (

    select * from {{ ref('rfm_segments') }}

),

scores as (

    select distinct recency_score as score from map
    where recency_score between 1 and 5

),

every_code as (

    select
        recency.score as recency_score,
        frequency.score as frequency_score,
        monetary.score as monetary_score
    from scores as recency
    cross join scores as frequency
    cross join scores as monetary

),

missing_or_doubled as (

    select
        every_code.recency_score,
        every_code.frequency_score,
        every_code.monetary_score,
        count(map.rfm_segment) as segment_count
    from every_code
    left join map
        on every_code.recency_score = map.recency_score
        and every_code.frequency_score = map.frequency_score
        and every_code.monetary_score = map.monetary_score
        and map.rfm_code = cast(map.recency_score as text)
        || cast(map.frequency_score as text)
        || cast(map.monetary_score as text)
    group by
        every_code.recency_score,
        every_code.frequency_score,
        every_code.monetary_score
    having count(map.rfm_segment) <> 1

),

totals as (

    select
        (select count(*) from every_code) as code_count,
        (select count(*) from map) as row_count

)

select
    cast(recency_score as text) || cast(frequency_score as text)
    || cast(monetary_score as text) as rfm_code,
    segment_count as found
from missing_or_doubled
union all
select
    'rows in all' as rfm_code,
    row_count as found
from totals
where code_count <> 125
    or row_count <> 125
