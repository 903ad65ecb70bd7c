{#
    A group is neither empty nor nearly everybody.

    | argument  | meaning                                                       |
    |-----------|---------------------------------------------------------------|
    | base      | relation with one row per account_id that the group is of     |
    | max_share | the largest share of the base that makes sense, 0 to 1        |

    One row with both counts where it fails, and a line in the log that says so. An
    empty base passes: there is nobody to select.

    An error on the demo company's own day, where the data are known. On any other
    day a warning: a group may well be empty for a day, and an error would skip what
    builds on it, the recorded history of all groups included.
#}
{% test share_of_base(model, base, max_share=0.6) %}
{%- set demo_day = crm_segmentation.demo_settings().as_of_date -%}
{%- set is_demo_day = crm_segmentation.is_demo()
    and crm_segmentation.as_of_date().isoformat() == demo_day -%}
{{ config(severity='error' if is_demo_day else 'warn') }}
{%- set query %}
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
{%- endset %}
{%- if execute and flags.WHICH in ['build', 'test'] %}
    {%- for row in run_query(query).rows %}
        {%- do log(
            'Share of base out of bounds in ' ~ model ~ ': got '
            ~ row['member_count'] ~ ' of ' ~ row['base_count']
            ~ ' accounts; allowed: at least 1 and at most '
            ~ 100 * max_share ~ ' %. Look at its rule and at what it asks of.',
            info=true
        ) %}
    {%- endfor %}
{%- endif %}

{{ query }}

{% endtest %}
