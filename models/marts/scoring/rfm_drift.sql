-- The population stability index, sum of (found - expected) * ln(found / expected) over
-- the shares of a dimension's scores; a share below 0.0001 counts as that. It watches
-- the scores of all accounts, which follow from a fit; what asks for a refit must be
-- known before it, and is the same index of the sample's features
-- (crm_segmentation.fits.frames.drift). Bounds of the verdict: N. Siddiqi, Credit Risk
-- Scorecards, Wiley 2006.
{%- set dimensions = crm_segmentation.rfm_declaration().dimensions %}

with

cuts as (

    {{ crm_segmentation.current_fit('rfm', ref('rfm_cut_points')) | indent(4) }}

),

scored as (

    select * from {{ ref('account_rfm') }}

),

-- what lies above the last cut point is the rest of the sample
intervals as (

    select
        dimension,
        bins,
        fit_version,
        fitted_as_of,
        sample_size,
        cut_number as interval_number,
        sample_count
    from cuts
    union all
    select
        dimension,
        bins,
        fit_version,
        fitted_as_of,
        sample_size,
        bins as interval_number,
        sample_size - sum(sample_count) as sample_count
    from cuts
    group by
        dimension,
        bins,
        fit_version,
        fitted_as_of,
        sample_size

),

expected as (

    select
        dimension,
        case
            when dimension = 'recency' then bins + 1 - interval_number
            else interval_number
        end as score,
        fit_version,
        fitted_as_of,
        sample_count,
        sample_size
    from intervals

),

scores as (

    {%- for dimension in dimensions %}
    select
        '{{ dimension.dimension }}' as dimension,
        {{ dimension.dimension }}_score as score
    from scored
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

found as (

    select
        dimension,
        score,
        count(*) as account_count
    from scores
    where score is not null
    group by
        dimension,
        score

),

totals as (

    select
        dimension,
        sum(account_count) as account_count
    from found
    group by dimension

),

shares as (

    select
        expected.dimension,
        expected.score,
        expected.fit_version,
        expected.fitted_as_of,
        expected.sample_count,
        expected.sample_size,
        coalesce(found.account_count, 0) as account_count,
        totals.account_count as all_count
    from expected
    left join found
        on
            expected.dimension = found.dimension
            and expected.score = found.score
    left join totals
        on expected.dimension = totals.dimension

),

floored as (

    select
        shares.*,
        greatest(
            cast(shares.sample_count as {{ crm_segmentation.type_double() }})
            / shares.sample_size,
            0.0001
        ) as expected_floored,
        case
            when shares.all_count is not null then greatest(
                cast(shares.account_count as {{ crm_segmentation.type_double() }})
                / shares.all_count,
                0.0001
            )
        end as found_floored
    from shares

),

indexed as (

    select
        floored.*,
        (floored.found_floored - floored.expected_floored)
        * ln(floored.found_floored / floored.expected_floored) as part,
        sum(
            (floored.found_floored - floored.expected_floored)
            * ln(floored.found_floored / floored.expected_floored)
        ) over (partition by floored.dimension) as stability_index
    from floored

),

final as (

    select
        cast(dimension as text) as dimension,
        cast(score as integer) as score,
        cast(fit_version as integer) as fit_version,
        cast(fitted_as_of as date) as fitted_as_of,
        {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
            as as_of_date,
        cast(
            {{ crm_segmentation.exact_quotient('sample_count', 'sample_size', 6) }}
            as decimal(9, 6)
        ) as expected_share,
        cast(
            {{ crm_segmentation.exact_quotient('account_count', 'all_count', 6) }}
            as decimal(9, 6)
        ) as found_share,
        cast(account_count as bigint) as account_count,
        cast(part as decimal(9, 6)) as stability_part,
        cast(stability_index as decimal(9, 6)) as stability_index,
        cast(
            case
                when stability_index is null then 'unknown'
                when stability_index < 0.1 then 'stable'
                when stability_index < 0.25 then 'moved'
                else 'refit'
            end as text
        ) as verdict
    from indexed

)

select * from final
