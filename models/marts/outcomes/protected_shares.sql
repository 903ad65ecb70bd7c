-- How protected traits are spread over segments, whatever the segments were made of:
-- a fit that never saw an attribute may still have found it by others.
{%- set least = crm_segmentation.sample_setting('modelling_sample_least_group') %}
{%- set catalog = crm_segmentation.attribute_catalog() %}
{%- set keys = 'segmentation, segment, attribute' %}
{%- set protected = [] %}
{%- for name, attribute in catalog.items()
    if attribute.protected and attribute.type not in ['values', 'point'] %}
    {%- do protected.append(name) %}
{%- endfor %}
{%- set groups = (
    crm_segmentation.catalogued_profiles() + crm_segmentation.recorded_groups()
) | unique | list %}

with

everybody as (

    select account_id from {{ ref('account_attributes') }}

),

members as (

    select
        account_id,
        'all' as segmentation,
        'all' as segment
    from everybody
    {%- for name in crm_segmentation.recorded_attributes() %}
    union all
    select
        account_id,
        {{ crm_segmentation.text_literal(name) }} as segmentation,
        cast({{ catalog[name].column }} as text) as segment
    from {{ ref(catalog[name].model) }}
    where {{ catalog[name].column }} is not null
    {%- endfor %}
    {%- for group in groups %}
    union all
    select
        account_id,
        'group' as segmentation,
        {{ crm_segmentation.text_literal(group) }} as segment
    from {{ ref(group) }}
    {%- endfor %}

),

traits as (

    {%- for name in protected %}
    select
        held.account_id,
        {{ crm_segmentation.text_literal(name) }} as attribute,
        {{ crm_segmentation.sampled_value(
            'cast(held.' ~ catalog[name].column ~ ' as text)'
            if catalog[name].type == 'number' else 'held.' ~ catalog[name].column,
            catalog[name].type
        ) }} as trait
    from {{ ref(catalog[name].model) }} as held
    union all
    {%- endfor %}
    select
        account_id,
        cast(null as text) as attribute,
        cast(null as text) as trait
    from everybody
    where 1 = 0

),

described as (

    select
        members.segmentation,
        members.segment,
        traits.attribute,
        coalesce(traits.trait, 'unknown') as category
    from members
    inner join traits
        on members.account_id = traits.account_id

),

counted as (

    {{ crm_segmentation.counts_up_to('described', keys) | indent(4) }}

),

judged as (

    select
        segmentation,
        segment,
        attribute,
        category,
        row_count,
        count_of_all,
        coalesce(
            count_of_all < {{ least }}
            or {{ crm_segmentation.is_rare(least) }},
            false
        ) as is_suppressed
    from counted

),

told as (

    select
        segmentation,
        segment,
        attribute,
        category,
        is_suppressed,
        case when not is_suppressed then row_count end as account_count,
        case
            when not is_suppressed
                then cast(row_count as decimal(18, 6)) / count_of_all
        end as share
    from judged

),

final as (

    select
        cast(told.segmentation as text) as segmentation,
        cast(told.segment as text) as segment,
        cast(told.attribute as text) as attribute,
        cast(told.category as text) as category,
        {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
            as as_of_date,
        cast(told.account_count as bigint) as account_count,
        cast(told.share as decimal(9, 6)) as share,
        cast(everywhere.share as decimal(9, 6)) as share_of_all,
        cast(told.is_suppressed as boolean) as is_suppressed
    from told
    left join told as everywhere
        on
            told.attribute = everywhere.attribute
            and told.category = everywhere.category
            and everywhere.segmentation = 'all'

)

select * from final
