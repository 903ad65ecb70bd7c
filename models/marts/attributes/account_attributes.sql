-- All that a rule may ask about an account, in one row. The columns are those of
-- attribute_catalog(), which also gives their types; where each comes from stands in
-- the CTE `joined`.
{%- set declared = crm_segmentation.declared_value_columns() %}

with

accounts as (

    select * from {{ ref('accounts') }}

),

kpis as (

    select * from {{ ref('account_kpis') }}

),

rfm as (

    select * from {{ ref('account_rfm') }}

),

clusters as (

    select * from {{ ref('account_clusters') }}
    where clustering = 'value'

),

feedback_scores as (

    select * from {{ ref('int_feedback_scores_latest') }}

),

declared_values as (

    select *
    from {{ ref('int_attribute_values_checked') }}
    where is_column
        and is_current

),

scores_pivoted_to_accounts as (

    select
        account_id,
        max(case when kind = 'nps' then score end) as nps_score,
        max(case when kind = 'csat' then score end) as csat_score
    from feedback_scores
    group by account_id

),

values_pivoted_to_accounts as (

    select
        {%- for name in declared %}
        max(
            case
                when attribute = {{ crm_segmentation.text_literal(name) }} then value
            end
        ) as {{ name }},
        {%- endfor %}
        account_id
    from declared_values
    group by account_id

),

joined as (

    select
        accounts.account_id,
        accounts.as_of_date,
        accounts.kind,
        accounts.birth_date,
        accounts.gender,
        accounts.language,
        accounts.country_code,
        accounts.region,
        accounts.city,
        accounts.postal_code,
        accounts.latitude as location_lat,
        accounts.longitude as location_lon,
        accounts.industry,
        accounts.employee_count,
        accounts.annual_revenue_amount,
        accounts.tier,
        accounts.customer_group,
        accounts.owner_name,
        accounts.is_partner,
        accounts.first_seen_on as account_opened_on,
        accounts.as_of_date + kpis.days_until_renewal as renewal_on,
        kpis.days_until_renewal is not null as has_running_contract,
        scores_pivoted_to_accounts.nps_score,
        scores_pivoted_to_accounts.csat_score,
        {%- for name in declared %}
        values_pivoted_to_accounts.{{ name }},
        {%- endfor %}
        {%- for column in crm_segmentation.kpi_columns('own') %}
        kpis.{{ column.column }},
        {%- endfor %}
        rfm.rfm_segment,
        rfm.rfm_code,
        rfm.rfm_score,
        rfm.recency_score,
        rfm.frequency_score,
        clusters.cluster_id as cluster_value,
        clusters.cluster_label as cluster_value_label,
        rfm.monetary_score
    from accounts
    left join kpis
        on accounts.account_id = kpis.account_id
    left join rfm
        on accounts.account_id = rfm.account_id
    left join clusters
        on accounts.account_id = clusters.account_id
    left join scores_pivoted_to_accounts
        on accounts.account_id = scores_pivoted_to_accounts.account_id
    left join values_pivoted_to_accounts
        on accounts.account_id = values_pivoted_to_accounts.account_id

),

final as (

    select
        {%- for column in crm_segmentation.attribute_contract_columns() %}
        cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }},
        {%- endfor %}
        cast(account_id as text) as account_id,
        cast(as_of_date as date) as as_of_date
    from joined

)

select * from final
