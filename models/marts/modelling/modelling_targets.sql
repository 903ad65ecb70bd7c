-- What fits are asked to tell apart, of the sampled accounts and no others, under the
-- key of the sample.
{%- set targets = crm_segmentation.modelling_target_declarations() %}
{%- set least = crm_segmentation.sample_setting('modelling_sample_least_group') %}

with

sampled as (

    select distinct
        sample_key,
        as_of_date
    from {{ ref('modelling_sample') }}
    where as_of_date
        = {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}

),

attributes as (

    select * from {{ ref('account_attributes') }}

),

activity as (

    select *
    from {{ ref('int_activity') }}
    where occurred_at
        < {{ crm_segmentation.instant_literal(crm_segmentation.as_of_date()) }}
        and account_id is not null

),

known as (

    select
        attributes.account_id,
        sampled.sample_key,
        sampled.as_of_date
    from sampled
    inner join attributes
        on sampled.sample_key
        = {{ crm_segmentation.sample_key('attributes.account_id') }}

),

{%- for target in targets if 'attribute' not in target %}

{{ 'responses' if 'campaign' in target else 'members' }}_{{ loop.index }} as (
{%- do target.update({'cte': loop.index}) %}

    {{ (
        crm_segmentation.target_responses(target) if 'campaign' in target
        else crm_segmentation.target_members(target)
    ) | indent(4) }}

),
{%- endfor %}

told as (

    {%- for target in targets %}
    select
        known.sample_key,
        known.as_of_date,
        {{ crm_segmentation.text_literal(target.name) }} as target,
        {%- if 'attribute' in target %}
        {%- set attribute = crm_segmentation.attribute_catalog()[target.attribute] %}
        {%- set value = crm_segmentation.sampled_value(
            'held.' ~ attribute.column, attribute.type
        ) %}
        {{ value if attribute.type == 'number' else 'cast(null as decimal(24, 6))' }}
            as value,
        {{ value if attribute.type != 'number' else 'cast(null as text)' }} as category
    from known
    inner join {{ ref(attribute.model) }} as held
        on known.account_id = held.account_id
        {%- elif 'campaign' in target %}
        responses_{{ target.cte }}.is_member as value,
        cast(null as text) as category
    from known
    inner join responses_{{ target.cte }}
        on known.account_id = responses_{{ target.cte }}.account_id
        {%- else %}
        case when members_{{ target.cte }}.account_id is null then 0 else 1 end
            as value,
        cast(null as text) as category
    from known
    left join members_{{ target.cte }}
        on known.account_id = members_{{ target.cte }}.account_id
        {%- endif %}
    union all
    {%- endfor %}
    select
        sample_key,
        as_of_date,
        cast(null as text) as target,
        cast(null as decimal(24, 6)) as value,
        cast(null as text) as category
    from known
    where 1 = 0

),

folded as (

    {{ crm_segmentation.folded_categories('told', 'target', least) | indent(4) }}

),

-- A target of which nearly nobody or nearly everybody is a member tells of these few.
binary_targets as (

    select
        target,
        sum(value) as member_count,
        count(*) as account_count
    from told
    where target in (
        {%- for target in targets if 'attribute' not in target %}
        {{ crm_segmentation.text_literal(target.name) }},
        {%- endfor %}
        ''
    )
    group by target

),

too_small as (

    select target
    from binary_targets
    where member_count < {{ least }}
        or account_count - member_count < {{ least }}

),

joined as (

    select
        told.sample_key,
        told.as_of_date,
        told.target,
        told.value,
        folded.folded_category as category
    from told
    left join folded
        on told.target = folded.target
        and told.category = folded.category
    left join too_small
        on told.target = too_small.target
    where too_small.target is null

),

final as (

    select
        cast(sample_key as text) as sample_key,
        cast(as_of_date as date) as as_of_date,
        cast(target as text) as target,
        cast(value as decimal(24, 6)) as value,
        cast(category as text) as category
    from joined
    where value is not null
        or category is not null

)

select * from final
