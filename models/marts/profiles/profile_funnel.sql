{#
    Rendered anew from the rules that the profiles published; the profiles are named
    by `ref` so that whatever their rules read is built before.
#}
{%- set profiles = crm_segmentation.catalogued_profiles() -%}
{%- for profile in profiles %}
-- depends_on: {{ ref(profile) }}
{%- endfor %}
{%- set as_of = crm_segmentation.date_literal(crm_segmentation.as_of_date()) -%}
{%- set published = crm_segmentation.published_profiles() -%}
{%- set rules = [] -%}
{%- for profile in profiles if profile in published -%}
    {%- do rules.append(crm_segmentation.read_published_rule(profile)) -%}
{%- endfor %}

with

{% for rule in rules -%}
-- {{ rule.name }}
profile_{{ loop.index }} as (

    {{ crm_segmentation.funnel_sql(rule) | indent(4) }}

),

{% endfor -%}

leaves as (

    {% for rule in rules -%}
    {%- set profile_number = loop.index -%}
    {%- for leaf in rule.leaves -%}
    select
        {{ crm_segmentation.text_literal(rule.name) }} as profile_name,
        {{ profile_number }} as profile_number,
        {{ leaf.number }} as leaf_number,
        {{ crm_segmentation.text_literal(leaf.path) }} as leaf_path,
        {{ crm_segmentation.text_literal(
            crm_segmentation.rule_in_words(leaf.tree)
        ) }} as condition_text,
        '{{ rule.hash }}' as rule_hash
    union all
    {% endfor -%}
    {%- endfor -%}
    select
        cast(null as text) as profile_name,
        0 as profile_number,
        0 as leaf_number,
        cast(null as text) as leaf_path,
        cast(null as text) as condition_text,
        cast(null as text) as rule_hash
    where 1 = 0

),

counts as (

    {% for rule in rules -%}
    select
        {{ loop.index }} as profile_number,
        profile_{{ loop.index }}.*
    from profile_{{ loop.index }}
    union all
    {% endfor -%}
    select
        0 as profile_number,
        0 as leaf_number,
        0 as base_count,
        0 as passes_alone_count,
        0 as left_after_count,
        0 as gained_if_dropped_count,
        0 as near_threshold_count,
        0 as member_count
    where 1 = 0

),

final as (

    select
        cast(leaves.profile_name as text) as profile_name,
        cast(leaves.leaf_number as integer) as leaf_number,
        cast(leaves.leaf_path as text) as leaf_path,
        cast(leaves.condition_text as text) as condition_text,
        cast(counts.base_count as bigint) as base_count,
        cast(counts.passes_alone_count as bigint) as passes_alone_count,
        cast(counts.left_after_count as bigint) as left_after_count,
        cast(counts.gained_if_dropped_count as bigint) as gained_if_dropped_count,
        cast(counts.near_threshold_count as bigint) as near_threshold_count,
        cast(counts.member_count as bigint) as member_count,
        {{ as_of }} as as_of_date,
        cast(leaves.rule_hash as text) as rule_hash
    from leaves
    inner join counts
        on
            leaves.profile_number = counts.profile_number
            and leaves.leaf_number = counts.leaf_number

)

select * from final
