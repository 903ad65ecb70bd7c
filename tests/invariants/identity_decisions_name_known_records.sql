-- A decision about a record that nobody knows does nothing: mend its key.
{{ config(severity='warn') }}
{%- set decisions = crm_segmentation.setting('identity_decisions') %}
{%- if decisions is none %}
select node as record_key from {{ ref('int_identity_records') }}
where 1 = 0
{%- else %}
with decisions as (
    select * from {{ ref(decisions) }}
    where
        decided_on is null
        or decided_on
        < {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
),

named_records as (
    select
        source,
        record_type,
        record_key
    from decisions
    union
    select
        other_source as source,
        other_record_type as record_type,
        other_record_key as record_key
    from decisions
)

select
    named_records.source,
    named_records.record_type,
    named_records.record_key
from named_records
left join {{ ref('int_identity_records') }} as records
    on
        named_records.source = records.source
        and named_records.record_type = records.record_type
        and named_records.record_key = records.record_key
where records.node is null
{%- endif %}
