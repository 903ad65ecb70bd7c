{%- set decisions = crm_segmentation.setting('identity_decisions') %}
with records as (
    select * from {{ ref('int_identity_records') }}
),

-- kept apart: PostgreSQL works out the check of rows that are constants, here the
-- row that is not there, before it asks whether there are any
decisions as {{ crm_segmentation.materialized() }} (
    {%- if decisions is none %}
    select
        cast(null as text) as decision,
        cast(null as text) as source,
        cast(null as text) as record_type,
        cast(null as text) as record_key,
        cast(null as text) as other_source,
        cast(null as text) as other_record_type,
        cast(null as text) as other_record_key,
        cast(null as date) as decided_on
    from records
    where 1 = 0
    {%- else %}
    select
        decision,
        source,
        record_type,
        record_key,
        other_source,
        other_record_type,
        other_record_key,
        decided_on
    from {{ ref(decisions) }}
    -- A decision is a fact: it holds from the day after it was taken.
    where
        decided_on is null
        or decided_on
        < {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
    {%- endif %}
),

final as (
    select
        cast({{ crm_segmentation.fail_if(
            "decisions.decision not in ('same', 'not same')"
            ~ " or decisions.decision is null",
            "Unknown decision in the identity decisions; allowed: same, not same."
            ~ " Correct the row of ",
            "coalesce(decisions.record_key, '?') || ': got '"
            ~ " || coalesce(decisions.decision, 'nothing')",
            "case when decisions.decision = 'same' then 1 else 0 end",
            'integer'
        ) }} as integer) as is_same,
        cast(left_records.node as bigint) as left_node,
        cast(right_records.node as bigint) as right_node
    from decisions
    inner join records as left_records
        on
            decisions.source = left_records.source
            and decisions.record_type = left_records.record_type
            and decisions.record_key = left_records.record_key
    inner join records as right_records
        on
            decisions.other_source = right_records.source
            and decisions.other_record_type = right_records.record_type
            and decisions.other_record_key = right_records.record_key
)

select * from final
