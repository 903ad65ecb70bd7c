-- Each row is a table whose share of lines without order or exchange rate passes
-- `max_quarantined_share`, with the message that dbt prints as an error. Staging accepted
-- these rows, so its own share does not hold them: a reporting currency that no rate
-- leads to would leave every revenue at 0, and no test would say so.
{%- set most = crm_segmentation.setting('max_quarantined_share') %}
{%- set query %}
with

staged as (

    select
        'order_lines' as table_name,
        count(*) as row_count
    from {{ ref('stg_erp__order_lines') }}
    union all
    select
        'returns' as table_name,
        count(*) as row_count
    from {{ ref('stg_erp__returns') }}

),

rejected as (

    select
        table_name,
        count(*) as row_count
    from {{ ref('int_rejected_order_lines') }}
    group by table_name

)

select
    staged.table_name,
    'Too many rows rejected in table erp.' || staged.table_name || ': got '
    || cast(rejected.row_count as text) || ' of ' || cast(staged.row_count as text)
    || '; allowed: {{ 100 * most }} %. Count int_rejected_order_lines by reason; '
    || 'where exchange rates are missing or older than max_rate_age_days, give rates '
    || 'to the reporting currency or correct the var reporting_currency, else raise '
    || 'the var max_quarantined_share.'
        as message
from staged
inner join rejected
    on staged.table_name = rejected.table_name
where rejected.row_count > {{ most }} * staged.row_count
{%- endset %}
{%- if execute and flags.WHICH in ['build', 'test'] %}
    {%- set messages = run_query(query).columns['message'].values() %}
    {%- if messages %}
        {{ exceptions.raise_compiler_error(messages | join('\n')) }}
    {%- endif %}
{%- endif %}

{{ query }}
