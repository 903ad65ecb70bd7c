-- The map of RFM codes that the setting rfm names is total and disjoint over the
-- declared dimensions and bins: every code once, and no other. It is written in full,
-- with --empty too, so the reference is rendered without the limit that dbt adds there.
{%- set declared = crm_segmentation.rfm_declaration() %}
with
{%- for dimension in declared.dimensions %}

{{ dimension.dimension }}_scores as (

    {%- for score in range(1, dimension.bins + 1) %}
    select '{{ score }}' as score
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}

),
{%- endfor %}

every_code as (

    select
        {% for dimension in declared.dimensions -%}
        {{ '|| ' if not loop.first }}{{ dimension.dimension }}_scores.score
        {% endfor -%}
        as rfm_code
    from {{ declared.dimensions[0].dimension }}_scores
    {%- for dimension in declared.dimensions[1:] %}
    cross join {{ dimension.dimension }}_scores
    {%- endfor %}

),

map as (

    {%- if declared.segments is none %}
    select
        rfm_code,
        'without names' as rfm_segment
    from every_code
    {%- else %}
    select
        rfm_code,
        rfm_segment
    from {{ ref(declared.segments).render() }}
    {%- endif %}

)

select
    coalesce(every_code.rfm_code, map.rfm_code) as rfm_code,
    case
        when every_code.rfm_code is null then 'no code of the declared dimensions'
        when count(map.rfm_segment) = 0 then 'without a segment'
        else 'with more than one segment'
    end as problem
from every_code
full outer join map
    on every_code.rfm_code = map.rfm_code
group by
    every_code.rfm_code,
    map.rfm_code
having
    every_code.rfm_code is null
    or count(map.rfm_segment) <> 1
