with

recorded_days as (

    select *
    from {{ ref('int_recorded_days') }}
    where kind = 'attribute' and name = 'rfm_segment'

),

spells as (

    select *
    from {{ ref('int_account_attribute_spells') }}
    where attribute = 'rfm_segment'

),

history as (

    select *
    from {{ ref('segment_history_monthly') }}

),

-- days that both histories know
compared_days as (

    select distinct recorded_days.as_of_date
    from recorded_days
    inner join history
        on recorded_days.as_of_date = history.as_of_date

),

recorded as (

    select
        compared_days.as_of_date,
        spells.account_id,
        spells.value as rfm_segment
    from compared_days
    inner join spells
        on
            compared_days.as_of_date >= spells.valid_from
            and (
                spells.valid_to is null
                or compared_days.as_of_date < spells.valid_to
            )
    where spells.value is not null

),

recomputed as (

    select
        history.as_of_date,
        history.account_id,
        history.rfm_segment
    from history
    inner join compared_days
        on history.as_of_date = compared_days.as_of_date
    where history.rfm_segment is not null

),

compared as (

    select
        coalesce(recorded.as_of_date, recomputed.as_of_date) as as_of_date,
        coalesce(recorded.rfm_segment, '(none)') as recorded_segment,
        coalesce(recomputed.rfm_segment, '(none)') as recomputed_segment
    from recorded
    full outer join recomputed
        on
            recorded.as_of_date = recomputed.as_of_date
            and recorded.account_id = recomputed.account_id

),

final as (

    select
        cast(as_of_date as date) as as_of_date,
        cast(recorded_segment as text) as recorded_segment,
        cast(recomputed_segment as text) as recomputed_segment,
        cast(count(*) as bigint) as account_count
    from compared
    group by
        as_of_date,
        recorded_segment,
        recomputed_segment

)

select * from final
