{#
    What the profiles published, beside what was built of them; the profiles are named
    by `ref`, so this is built after them.
#}
{%- set profiles = crm_segmentation.catalogued_profiles() -%}
{%- set published = crm_segmentation.published_profiles() -%}
{%- do crm_segmentation.warn_of_uncatalogued_profiles() -%}
{%- set as_of = crm_segmentation.as_of_date() -%}
{%- set recorded = crm_segmentation.recorded_groups() -%}
{%- set built_now = [] -%}
{%- for id in selected_resources or [] -%}
    {%- do built_now.append(id.split('.')[2]) -%}
{%- endfor -%}
{%- set bases = {} -%}
{%- for profile in profiles if profile in published -%}
    {%- set entry = published[profile] -%}
    {%- do bases.update({entry.base: entry.relations[entry.base]}) -%}
{%- endfor -%}

with

declared as (

    {% for profile in profiles -%}
    {%- set entry = published.get(profile, {}) -%}
    select
        {{ crm_segmentation.text_literal(profile) }} as profile_name,
        {{ crm_segmentation.text_literal(
            entry.label or profile.replace('_', ' ') | capitalize
        ) }} as label,
        {{ crm_segmentation.text_or_null(entry.owner) }} as owner,
        {{ crm_segmentation.text_or_null(entry.base) }} as base_name,
        {{ crm_segmentation.text_or_null(
            tojson(entry.tree) if entry.tree else none
        ) }} as tree_json,
        {{ crm_segmentation.text_or_null(entry.text) }} as rule_text,
        {{ crm_segmentation.text_or_null(entry.rule_hash) }} as rule_hash,
        {{ 'true' if profile in recorded else 'false' }} as is_recorded
    union all
    {% endfor -%}
    select
        cast(null as text) as profile_name,
        cast(null as text) as label,
        cast(null as text) as owner,
        cast(null as text) as base_name,
        cast(null as text) as tree_json,
        cast(null as text) as rule_text,
        cast(null as text) as rule_hash,
        false as is_recorded
    where 1 = 0

),

built as (

    {% for profile in profiles -%}
    select
        {{ crm_segmentation.text_literal(profile) }} as profile_name,
        count(*) as account_count,
        {#- an empty profile tells no day; the run that built it does -#}
        {%- if profile in built_now %}
        coalesce(
            max(as_of_date), {{ crm_segmentation.date_literal(as_of) }}
        ) as built_as_of
        {%- else %}
        max(as_of_date) as built_as_of
        {%- endif %}
    from {{ ref(profile) }}
    union all
    {% endfor -%}
    select
        cast(null as text) as profile_name,
        0 as account_count,
        cast(null as date) as built_as_of
    where 1 = 0

),

bases as (

    {% for base, relation in bases.items() -%}
    select
        {{ crm_segmentation.text_literal(base) }} as base_name,
        count(*) as base_count
    from {{ relation }}
    union all
    {% endfor -%}
    select
        cast(null as text) as base_name,
        0 as base_count
    where 1 = 0

),

final as (

    select
        cast(declared.profile_name as text) as profile_name,
        cast(declared.label as text) as label,
        cast(declared.owner as text) as owner,
        cast(declared.base_name as text) as base_name,
        cast(declared.rule_text as text) as rule_text,
        cast(declared.tree_json as text) as tree_json,
        cast(declared.rule_hash as text) as rule_hash,
        cast(built.account_count as bigint) as account_count,
        cast(
            cast(built.account_count as decimal(18, 6)) / nullif(bases.base_count, 0)
            as decimal(9, 6)
        ) as share_of_base,
        cast(built.built_as_of as date) as built_as_of,
        cast(declared.is_recorded as boolean) as is_recorded
    from declared
    inner join built
        on declared.profile_name = built.profile_name
    left join bases
        on declared.base_name = bases.base_name

)

select * from final
