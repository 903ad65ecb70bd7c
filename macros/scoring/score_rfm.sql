{#
    SQL: a select that scores the rows of a relation by the current cut points. One
    definition for today's measures and for those of past period ends.

    | argument | meaning                                                       |
    |----------|---------------------------------------------------------------|
    | measures | name of a CTE or relation like rfm_measures: account_id,  |
    |          | as_of_date and a column for each of rfm_dimension_names()     |

    Gives account_id, as_of_date, and for every dimension its value and
    <dimension>_score (NULL where it is not declared), rfm_code, rfm_score,
    rfm_segment and fit_version: a row for each of its rows with every declared
    measure. Scores are NULL while no cut points fit the declaration.

    A score is 1 and one more for each cut point below the value, so equal values
    score equal; few days since the last order are good, so recency counts down.
    rfm_score weighs how far each score lies between 1 and the most, 0 to 100.
#}
{% macro score_rfm(measures) %}
    {%- set declared = crm_segmentation.rfm_declaration() -%}
    {%- set dimensions = declared.dimensions -%}
    {%- set names = dimensions | map(attribute='dimension') | list -%}
    {%- set total = namespace(weight=0) -%}
    {%- for dimension in dimensions -%}
        {%- set total.weight = total.weight + dimension.weight -%}
    {%- endfor -%}
select
    coded.account_id,
    coded.as_of_date,
    {%- for name in crm_segmentation.rfm_dimension_names() %}
    coded.{{ name }},
    {%- if name in names %}
    coded.{{ name }}_score,
    {%- else %}
    cast(null as integer) as {{ name }}_score,
    {%- endif %}
    {%- endfor %}
    coded.rfm_code,
    cast(
        {%- for dimension in dimensions %}
        {{ '+ ' if not loop.first -}}
        (coded.{{ dimension.dimension }}_score - 1) * cast({{ "%.8f" | format(
            100 * dimension.weight / (total.weight * (dimension.bins - 1))
        ) }} as decimal(12, 8))
        {%- endfor %}
        as decimal(5, 2)
    ) as rfm_score,
    {%- if declared.segments is none %}
    cast(null as text) as rfm_segment,
    {%- else %}
    segments.rfm_segment,
    {%- endif %}
    coded.fit_version
from (
    select
        rated.*,
        {% for name in names -%}
        {{ '|| ' if not loop.first }}cast(rated.{{ name }}_score as text)
        {% endfor -%}
        as rfm_code
    from (
        select
            measured.*,
            cuts.fit_version
            {%- for dimension in dimensions %}
            {%- set name = dimension.dimension %}
            {%- set bins = dimension.bins %},
            case
                when cuts.{{ name }}_1 is null then null
                {%- for passed in range(bins - 1, 0, -1) %}
                when measured.{{ name }} > cuts.{{ name }}_{{ passed }}
                    then {{ bins - passed if dimension.is_descending
                        else 1 + passed }}
                {%- endfor %}
                else {{ bins if dimension.is_descending else 1 }}
            end as {{ name }}_score
            {%- endfor %}
        from {{ measures }} as measured
        cross join (
            {{ crm_segmentation.current_rfm_cuts() | indent(12) }}
        ) as cuts
        where
            {%- for name in names %}
            {{ 'and ' if not loop.first -}}
            measured.{{ name }} is not null
            {%- endfor %}
    ) as rated
) as coded
{%- if declared.segments is not none %}
left join {{ ref(declared.segments) }} as segments
    on coded.rfm_code = segments.rfm_code
{%- endif %}
{% endmacro %}

{#
    SQL: one row with fit_version and <dimension>_<n>, the current cut points. Those of
    another KPI or number of bins than declared are NULL: no score, rather than a
    wrong one.
#}
{% macro current_rfm_cuts() %}
select
    max(fit_version) as fit_version
    {%- for dimension in crm_segmentation.rfm_declaration().dimensions %}
    {%- for number in range(1, dimension.bins) %},
    max(
        case
            when dimension = '{{ dimension.dimension }}'
                and kpi = {{ crm_segmentation.text_literal(dimension.kpi) }}
                and bins = {{ dimension.bins }}
                and cut_number = {{ number }}
                then cast(cut_point as decimal(24, {{ dimension.scale }}))
        end
    ) as {{ dimension.dimension }}_{{ number }}
    {%- endfor %}
    {%- endfor %}
from (
    {{ crm_segmentation.current_fit('rfm', ref('rfm_cut_points')) | indent(4) }}
) as current_fit
{% endmacro %}

{#
    SQL: the measures of RFM from a relation of KPIs: account_id, as_of_date, recency,
    frequency, monetary, length, variety. Dimensions that are not declared are NULL.

    | argument | meaning                                                       |
    |----------|---------------------------------------------------------------|
    | kpis     | relation with account_id, as_of_date and the declared KPIs    |
    | extra    | relation of the KPIs of the var `extra_kpis` where `kpis`     |
    |          | lacks them, or none                                           |
#}
{% macro rfm_measures(kpis, extra=none) %}
    {%- set declared = {} -%}
    {%- for dimension in crm_segmentation.rfm_declaration().dimensions -%}
        {%- do declared.update({dimension.dimension: dimension.kpi}) -%}
    {%- endfor -%}
    {%- set others = crm_segmentation.rfm_extra_kpis() if extra is not none else [] -%}
select
    cast(kpis.account_id as text) as account_id,
    cast(kpis.as_of_date as date) as as_of_date
    {%- for name in crm_segmentation.rfm_dimension_names() %},
    cast(
        {%- if name in declared -%}
        {{ 'extra_kpis' if declared[name] in others else 'kpis' }}.{{ declared[name] }}
        {%- else -%}
        null
        {%- endif %} as {{ 'integer' if name == 'recency' else 'decimal(24, 6)' -}}
    ) as {{ name }}
    {%- endfor %}
from {{ kpis }} as kpis
{%- if others %}
left join {{ extra }} as extra_kpis
    on
        kpis.account_id = extra_kpis.account_id
        and kpis.as_of_date = extra_kpis.as_of_date
{%- endif %}
{% endmacro %}

{# Declared KPIs that are not columns of account_kpis and account_kpis_monthly. #}
{% macro rfm_extra_kpis() %}
    {%- set own = crm_segmentation.kpi_columns('own') | map(attribute='column') | list -%}
    {{ return(
        crm_segmentation.rfm_declaration().dimensions | map(attribute='kpi')
        | reject('in', own) | list
    ) }}
{% endmacro %}
