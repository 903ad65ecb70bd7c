-- Each row is a source whose quarantined share passes `max_quarantined_share`, with
-- the message that dbt prints as an error.
{%- set most = crm_segmentation.setting('max_quarantined_share') %}
{%- set query %}
with

shares as (

    select
        source_name,
        sum(rows_in) as rows_in,
        sum(rows_quarantined) as rows_quarantined
    from {{ ref('staging_counts') }}
    group by source_name

)

select
    source_name,
    'Too many rows quarantined in source ' || source_name || ': got '
    || cast(rows_quarantined as text) || ' of ' || cast(rows_in as text) || ' ('
    || cast(cast(100.0 * rows_quarantined / rows_in as decimal(9, 2)) as text)
    || ' %); allowed: {{ 100 * most }} %. Count quarantined_rows by table_name and '
    || 'reason, and mend the source, or raise the var max_quarantined_share.'
        as message
from shares
where
    rows_in > 0
    and rows_quarantined > {{ most }} * rows_in
{%- endset %}
{%- if execute and flags.WHICH in ['build', 'test'] %}
    {%- set messages = run_query(query).columns['message'].values() %}
    {%- if messages %}
        {{ exceptions.raise_compiler_error(messages | join('\n')) }}
    {%- endif %}
{%- endif %}

{{ query }}
