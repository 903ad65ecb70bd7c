-- The distance is the weighted mean over the traits that are known (Gower 1971), in
-- decimals, so that engines agree; ties go to the lower segment.
with

considered as (

    select * from {{ ref('account_objectives') }}

),

declared as (

    select * from {{ ref('objectives') }}

),

{{ crm_segmentation.fit_comparison() }},

summed as (

    select
        account_id,
        objective,
        segment_id,
        segment_label,
        fit_version,
        cast(
            sum(weight * penalty)
            / nullif(sum(case when penalty is not null then weight end), 0)
            as decimal(9, 6)
        ) as distance
    from compared
    group by account_id, objective, segment_id, segment_label, fit_version

),

ranked as (

    select
        *,
        row_number() over (
            partition by account_id, objective
            order by distance nulls last, segment_id
        ) as nearness,
        lead(distance) over (
            partition by account_id, objective
            order by distance nulls last, segment_id
        ) as next_distance
    from summed

),

final as (

    select
        cast(considered.account_id as text) as account_id,
        cast(considered.as_of_date as date) as as_of_date,
        cast(considered.objective as text) as objective,
        cast(considered.is_ideal as boolean) as is_ideal,
        cast(
            case
                when ranked.distance <= declared.max_distance then ranked.segment_label
                else 'none'
            end as text
        ) as closest_fit,
        cast(
            case when ranked.distance is not null then ranked.segment_id end as integer
        ) as segment_id,
        cast(ranked.distance as decimal(9, 6)) as distance,
        cast(ranked.next_distance - ranked.distance as decimal(9, 6)) as margin,
        cast(ranked.fit_version as integer) as fit_version
    from considered
    inner join declared
        on considered.objective = declared.objective
    inner join ranked
        on considered.account_id = ranked.account_id
        and considered.objective = ranked.objective
    where ranked.nearness = 1

)

select * from final
