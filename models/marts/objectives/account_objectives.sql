-- Whom each objective is about, and who of them is an ideal customer today.
with

{%- for objective in crm_segmentation.objective_declarations() %}

{%- if objective.considered %}

considered_{{ loop.index }} as (

    {{ crm_segmentation.rule_members(
        objective.considered, objective.base, 'considered of ' ~ objective.name
    ) | indent(4) }}

),
{%- else %}

considered_{{ loop.index }} as (

    select account_id
    from {{ ref(objective.base) }}

),
{%- endif %}

ideal_{{ loop.index }} as (

    {{ crm_segmentation.rule_members(
        objective.ideal, objective.base, 'ideal of ' ~ objective.name
    ) | indent(4) }}

),
{%- endfor %}

combined as (

    {%- for objective in crm_segmentation.objective_declarations() %}
    select
        considered_{{ loop.index }}.account_id,
        {{ crm_segmentation.text_literal(objective.name) }} as objective,
        ideal_{{ loop.index }}.account_id is not null as is_ideal
    from considered_{{ loop.index }}
    left join ideal_{{ loop.index }}
        on considered_{{ loop.index }}.account_id = ideal_{{ loop.index }}.account_id
    union all
    {%- endfor %}
    select
        cast(null as text) as account_id,
        cast(null as text) as objective,
        false as is_ideal
    where 1 = 0

),

final as (

    select
        cast(account_id as text) as account_id,
        {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
            as as_of_date,
        cast(objective as text) as objective,
        cast(is_ideal as boolean) as is_ideal
    from combined

)

select * from final
