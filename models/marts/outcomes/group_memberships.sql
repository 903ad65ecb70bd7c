{%- set groups = crm_segmentation.recorded_groups() -%}
{%- set group_names = [] -%}
{%- for group in groups -%}
    {%- do group_names.append(crm_segmentation.text_literal(group)) -%}
{%- endfor -%}

with

members as (

    {% for group in groups -%}
    select
        account_id,
        {{ crm_segmentation.text_literal(group) }} as group_name
    from {{ ref(group) }}
    {% if not loop.last -%}
    union all
    {% endif -%}
    {%- else -%}
    select
        cast(null as text) as account_id,
        cast(null as text) as group_name
    where 1 = 0
    {%- endfor %}

),

spells as (

    select *
    from {{ ref('int_group_membership_spells') }}

),

ever_members as (

    {{- crm_segmentation.ever_known('members', 'spells', 'group_name') }}

),

final as (

    select
        cast(ever_members.account_id as text) as account_id,
        cast(ever_members.group_name as text) as group_name,
        cast(
            case
                when members.account_id is not null then 'member'
                {%- if groups %}
                when ever_members.group_name in ({{ group_names | join(', ') }})
                    then 'left'
                {%- endif %}
                else 'not_recorded'
            end
            as text
        ) as status,
        {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
            as as_of_date
    from ever_members
    left join members
        on
            ever_members.account_id = members.account_id
            and ever_members.group_name = members.group_name

)

select * from final
