{#
    SQL: a select that scores the rows of a relation by the current cut points. One
    definition for today's KPIs and for those of past period ends.

    | argument | meaning                                                      |
    |----------|--------------------------------------------------------------|
    | kpis     | name of a CTE or relation with account_id, as_of_date and    |
    |          | the columns that the settings rfm_recency, rfm_frequency and |
    |          | rfm_monetary name                                            |

    Gives account_id, as_of_date, recency_days, frequency, monetary, the scores
    recency_score, frequency_score, monetary_score (1 to 5), rfm_code, rfm_segment
    and fit_version: a row for each of its rows with an order. Scores are NULL
    while there are no cut points.

    A score counts the cut points below the value, so equal values score equal;
    few days since the last order are good, so recency counts down.
#}
{% macro score_rfm(kpis) %}
    {%- set measures = {
        'recency': crm_segmentation.setting('rfm_recency'),
        'frequency': crm_segmentation.setting('rfm_frequency'),
        'monetary': crm_segmentation.setting('rfm_monetary'),
    } -%}
select
    rated.account_id,
    rated.as_of_date,
    rated.recency as recency_days,
    rated.frequency,
    rated.monetary,
    rated.recency_score,
    rated.frequency_score,
    rated.monetary_score,
    segments.rfm_code,
    segments.rfm_segment,
    rated.fit_version
from (
    select
        measured.account_id,
        measured.as_of_date,
        measured.recency,
        measured.frequency,
        measured.monetary,
        cuts.fit_version
        {%- for dimension in measures %},
        case
            when cuts.{{ dimension }}_1 is null then null
            {%- for passed in range(4, 0, -1) %}
            when measured.{{ dimension }} > cuts.{{ dimension }}_{{ passed }}
                then {{ 5 - passed if dimension == 'recency' else 1 + passed }}
            {%- endfor %}
            else {{ 5 if dimension == 'recency' else 1 }}
        end as {{ dimension }}_score
        {%- endfor %}
    from (
        select
            account_id,
            as_of_date
            {%- for dimension, column in measures.items() %},
            {{ column }} as {{ dimension }}
            {%- endfor %}
        from {{ kpis }}
        where {{ measures.recency }} is not null
            and {{ measures.frequency }} > 0
            and {{ measures.monetary }} is not null
    ) as measured
    cross join (
        select
            max(fit_version) as fit_version
            {%- for dimension in measures %}{% for number in range(1, 5) %},
            max(
                case
                    when dimension = '{{ dimension }}' and cut_number = {{ number }}
                        then cast(cut_point as decimal(18, 2))
                end
            ) as {{ dimension }}_{{ number }}
            {%- endfor %}{% endfor %}
        from (
            {{ crm_segmentation.current_fit('rfm', ref('rfm_cut_points'))
                | indent(12) }}
        ) as current_cuts
    ) as cuts
) as rated
left join {{ ref('rfm_segments') }} as segments
    on rated.recency_score = segments.recency_score
    and rated.frequency_score = segments.frequency_score
    and rated.monetary_score = segments.monetary_score
{% endmacro %}
