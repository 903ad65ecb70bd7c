-- Every marketing value that the CRM holds, judged against the declaration: it
-- counts in its declared spelling, or there is a problem to report. Nothing is
-- dropped here.
{%- set clock = crm_segmentation.instant_literal(crm_segmentation.as_of_date()) %}

with

known_values as (

    {{ crm_segmentation.known_facts(ref('stg_crm__marketing_attributes')) }}

),

account_keys as (

    select *
    from {{ ref('int_account_keys') }}
    where source = 'crm'
        and record_type = 'account'

),

declared_values as (

    select * from {{ ref('int_marketing_attributes_declared') }}

),

declared_attributes as (

    select
        attribute,
        max(type) as type,
        count(allowed_value) as allowed_count,
        coalesce(bool_or(is_column), false) as is_column
    from declared_values
    group by attribute

),

visible as (

    select
        account_keys.account_id,
        known_values.crm_account_id,
        {{ crm_segmentation.fold('known_values.attribute') }} as attribute,
        known_values.value as raw_value,
        known_values.updated_at
    from known_values
    left join account_keys
        on known_values.crm_account_id = account_keys.record_key
    where known_values.updated_at < {{ clock }}
        and known_values.value is not null

),

judged as (

    select
        visible.account_id,
        visible.crm_account_id,
        visible.attribute,
        visible.raw_value,
        visible.updated_at,
        declared_attributes.type,
        coalesce(declared_attributes.is_column, false) as is_column,
        case
            when declared_attributes.allowed_count > 0
                then declared_values.allowed_value
            else visible.raw_value
        end as value,
        case
            when visible.account_id is null then 'unknown account'
            when declared_attributes.attribute is null then 'undeclared attribute'
            when declared_attributes.allowed_count > 0
                and declared_values.allowed_value is null then 'undeclared value'
            when declared_attributes.type = 'number'
                and {{ crm_segmentation.safe_cast(
                    'visible.raw_value', 'decimal(18, 2)'
                ) }} is null then 'no number'
            when declared_attributes.type = 'boolean'
                and {{ crm_segmentation.safe_cast('visible.raw_value', 'boolean') }}
                is null then 'no boolean'
            when declared_attributes.type = 'date'
                and {{ crm_segmentation.safe_cast('visible.raw_value', 'date') }}
                is null then 'no date'
        end as problem
    from visible
    left join declared_attributes
        on visible.attribute = declared_attributes.attribute
    left join declared_values
        on visible.attribute = declared_values.attribute
        and {{ crm_segmentation.fold('visible.raw_value') }}
        = {{ crm_segmentation.fold('declared_values.allowed_value') }}

),

-- An attribute of one value takes the newest; that one may be the bad one, and then
-- the attribute is unknown.
ranked as (

    select
        *,
        row_number() over (
            partition by account_id, attribute
            order by
                updated_at desc,
                {{ crm_segmentation.by_bytes('crm_account_id') }},
                {{ crm_segmentation.by_bytes('raw_value') }}
        ) as recency
    from judged

),

final as (

    select
        cast(account_id as text) as account_id,
        cast(crm_account_id as text) as crm_account_id,
        cast(attribute as text) as attribute,
        cast(raw_value as text) as raw_value,
        cast(type as text) as type,
        cast(is_column as boolean) as is_column,
        cast(case when problem is null then value end as text) as value,
        cast(problem as text) as problem,
        cast(
            account_id is not null and (type = 'values' or recency = 1) as boolean
        ) as is_current
    from ranked

)

select * from final
