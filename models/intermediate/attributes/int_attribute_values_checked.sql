-- Every marketing attribute that the CRM holds and every answer to a declared survey
-- question, judged against the declaration: a value counts in its declared spelling,
-- or there is a problem to report. Nothing is dropped here.
{%- set clock = crm_segmentation.instant_literal(crm_segmentation.as_of_date()) %}

with

known_attributes as (

    {{ crm_segmentation.known_facts(ref('stg_crm__marketing_attributes')) }}

),

known_answers as (

    {{ crm_segmentation.known_facts(ref('stg_crm__survey_answers')) }}

),

account_keys as (

    select *
    from {{ ref('int_account_keys') }}
    where source = 'crm'
        and record_type = 'account'

),

declared_values as (

    select * from {{ ref('int_attribute_values_declared') }}

),

declared_attributes as (

    select
        attribute,
        source,
        max({{ crm_segmentation.by_bytes('type') }}) as type,
        count(allowed_value) as allowed_count,
        coalesce(bool_or(is_column), false) as is_column
    from declared_values
    group by attribute, source

),

held as (

    select
        'attribute' as source,
        crm_account_id,
        {{ crm_segmentation.fold('attribute') }} as attribute,
        value as raw_value,
        updated_at as held_at,
        value as value_key
    from known_attributes
    union all
    select
        'survey' as source,
        crm_account_id,
        {{ crm_segmentation.fold('question') }} as attribute,
        answer as raw_value,
        answered_at as held_at,
        answer_id as value_key
    from known_answers

),

visible as (

    select
        account_keys.account_id,
        held.crm_account_id,
        held.source,
        held.attribute,
        held.raw_value,
        held.held_at,
        held.value_key,
        {{ crm_segmentation.cast_or_null('held.raw_value', 'decimal(18, 2)') }}
            as number,
        {{ crm_segmentation.cast_or_null('held.raw_value', 'boolean') }} as truth,
        {{ crm_segmentation.cast_or_null('held.raw_value', 'date') }} as day
    from held
    left join account_keys
        on held.crm_account_id = account_keys.record_key
    where held.held_at < {{ clock }}
        and held.raw_value is not null

),

judged as (

    select
        visible.account_id,
        visible.crm_account_id,
        visible.source,
        visible.attribute,
        visible.raw_value,
        visible.held_at,
        visible.value_key,
        declared_attributes.type,
        coalesce(declared_attributes.is_column, false) as is_column,
        case
            when declared_attributes.allowed_count > 0
                then declared_values.allowed_value
            else visible.raw_value
        end as value,
        case
            when visible.account_id is null
                then 'unknown account'
            when declared_attributes.attribute is null
                then 'undeclared attribute'
            when
                declared_attributes.allowed_count > 0
                and declared_values.allowed_value is null
                then 'undeclared value'
            when declared_attributes.type = 'number' and visible.number is null
                then 'no number'
            when declared_attributes.type = 'boolean' and visible.truth is null
                then 'no boolean'
            when declared_attributes.type = 'date' and visible.day is null
                then 'no date'
        end as problem
    from visible
    left join declared_attributes
        on
            visible.attribute = declared_attributes.attribute
            and visible.source = declared_attributes.source
    left join declared_values
        on
            visible.attribute = declared_values.attribute
            and visible.source = declared_values.source
            and {{ crm_segmentation.fold('visible.raw_value') }}
            = {{ crm_segmentation.fold('declared_values.allowed_value') }}
    -- Surveys ask much that is no attribute.
    where
        visible.source = 'attribute'
        or declared_attributes.attribute is not null

),

-- An attribute of one value takes the newest; that one may be the bad one, and then
-- the attribute is unknown.
ranked as (

    select
        *,
        row_number() over (
            partition by account_id, attribute, source
            order by
                held_at desc nulls last,
                {{ crm_segmentation.by_bytes('value_key') }} desc nulls last,
                {{ crm_segmentation.by_bytes('crm_account_id') }}
        ) as recency
    from judged

),

final as (

    select
        cast(account_id as text) as account_id,
        cast(crm_account_id as text) as crm_account_id,
        cast(source as text) as source,
        cast(attribute as text) as attribute,
        cast(value_key as text) as value_key,
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
