{% snapshot recorded_days %}
{{ config(
    unique_key=['kind', 'name', 'as_of_date'],
    check_cols=['as_of_date'],
    enabled=crm_segmentation.setting('record_history')
) }}

-- A day counts as recorded once the other snapshots have written it:
-- depends_on: {{ ref('account_attribute_history') }}
-- depends_on: {{ ref('group_membership_history') }}
{%- set as_of = crm_segmentation.date_literal(crm_segmentation.as_of_date()) %}

select
    cast(null as text) as kind,
    cast(null as text) as name,
    {{ as_of }} as as_of_date
where 1 = 0
{%- if crm_segmentation.records_history() %}
{%- for attribute in crm_segmentation.recorded_attributes() %}
union all
select
    'attribute' as kind,
    {{ crm_segmentation.text_literal(attribute) }} as name,
    {{ as_of }} as as_of_date
{%- endfor %}
{%- for group in crm_segmentation.recorded_groups() %}
union all
select
    'group' as kind,
    {{ crm_segmentation.text_literal(group) }} as name,
    {{ as_of }} as as_of_date
{%- endfor %}
{%- endif %}
{% endsnapshot %}
