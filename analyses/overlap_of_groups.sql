-- How much do two groups have in common? Every pair of recorded groups: the accounts
-- in both, the share of the smaller one that is in the larger, and Jaccard's index
-- (both over either). Near 1 they are one group under two names.
with

members as (

    select *
    from {{ ref('group_memberships') }}
    where status = 'member'

),

sizes as (

    select
        group_name,
        count(*) as account_count
    from members
    group by group_name

),

common as (

    select
        members.group_name as one_group,
        others.group_name as other_group,
        count(*) as common_count
    from members
    inner join members as others
        on
            members.account_id = others.account_id
            and {{ crm_segmentation.by_bytes('members.group_name') }}
            < {{ crm_segmentation.by_bytes('others.group_name') }}
    group by members.group_name, others.group_name

),

pairs as (

    select
        sizes.group_name as one_group,
        other_sizes.group_name as other_group,
        sizes.account_count as one_count,
        other_sizes.account_count as other_count,
        coalesce(common.common_count, 0) as common_count
    from sizes
    inner join sizes as other_sizes
        on
            {{ crm_segmentation.by_bytes('sizes.group_name') }}
            < {{ crm_segmentation.by_bytes('other_sizes.group_name') }}
    left join common
        on
            sizes.group_name = common.one_group
            and other_sizes.group_name = common.other_group

),

final as (

    select
        one_group,
        other_group,
        one_count,
        other_count,
        common_count,
        cast(common_count as decimal(18, 6))
        / least(one_count, other_count) as share_of_smaller,
        cast(common_count as decimal(18, 6))
        / (one_count + other_count - common_count) as jaccard_index
    from pairs

)

select * from final
order by
    jaccard_index desc nulls last,
    {{ crm_segmentation.by_bytes('one_group') }},
    {{ crm_segmentation.by_bytes('other_group') }}
