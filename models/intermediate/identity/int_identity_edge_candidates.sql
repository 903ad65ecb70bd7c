with parties as (
    select * from {{ ref('int_identity_parties') }}
),

edges as (
    select
        rule_name,
        case when rule_name = 'decided_same' then 0 else 1 end as strength,
        left_node,
        right_node
    from {{ ref('int_identity_references') }}
    union all
    select
        'web_login' as rule_name,
        1 as strength,
        node as left_node,
        login_node as right_node
    from parties
    where login_node is not null
    union all
    select
        rule_name,
        strength,
        left_node,
        right_node
    from {{ ref('int_identity_links') }}
    union all
    select
        rule_name,
        strength,
        left_node,
        right_node
    from {{ ref('int_identity_attachments') }}
),

final as (
    select distinct
        cast(rule_name as text) as rule_name,
        cast(strength as integer) as strength,
        cast(left_node as bigint) as left_node,
        cast(right_node as bigint) as right_node
    from edges
)

select * from final
