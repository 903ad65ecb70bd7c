{#
    A group is neither empty nor nearly everybody.

    | argument  | meaning                                                       |
    |-----------|---------------------------------------------------------------|
    | base      | relation with one row per account_id that the group is of     |
    | max_share | the largest share of the base that makes sense, 0 to 1        |

    One row with both counts where it fails. An empty base passes: there is nobody
    to select.
#}
{% test share_of_base(model, base, max_share=0.6) %}

with members as (

    select count(*) as member_count
    from {{ model }}

),

base as (

    select count(*) as base_count
    from {{ base }}

)

select
    members.member_count,
    base.base_count
from members
cross join base
where
    base.base_count > 0
    and (
        members.member_count = 0
        or members.member_count > {{ max_share }} * base.base_count
    )

{% endtest %}
