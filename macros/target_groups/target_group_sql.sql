{#
    The query of a target group from its checked steps (see read_target_group).
    A step that the group does not have leaves no trace in it.
#}
{% macro target_group_sql(steps, group_hash) %}
    {%- set names = steps.groups + steps.remove
        + steps.include_list + steps.exclude_list -%}
    {%- set inputs = {} -%}
    {%- for name in names if name not in inputs -%}
        {#- The suffix keeps a group from taking the name of a step or a word of
            SQL; a name too long for it is numbered. -#}
        {%- do inputs.update({
            name: name ~ '_members' if name | length <= 55 else 'group_' ~ loop.index
        }) -%}
    {%- endfor -%}
    {%- set reduce = steps.reduce -%}
    {%- set ranked_by_attribute = reduce and 'of' in reduce -%}
    {%- set state = namespace(current=none) -%}
with

{% for name, alias in inputs.items() -%}
{{ alias }} as (

    select account_id
    from {{ ref(name) }}

),

{% endfor -%}
{%- if ranked_by_attribute -%}
{%- set attribute = crm_segmentation.attribute_catalog()[reduce.of] -%}
ranking_attribute as (

    select
        account_id,
        {{ attribute.column }} as ranking_value
    from {{ ref(attribute.model) }}

),

{% endif -%}
{%- set state.current = {
    'merge': 'merged', 'intersect': 'intersected', 'difference': 'differing'
}[steps.combine] -%}
{{ state.current }} as (
{% for name in steps.groups %}
    {%- if not loop.first %}
    {{ {
        'merge': 'union', 'intersect': 'intersect', 'difference': 'except'
    }[steps.combine] }}
    {%- endif %}
    select account_id from {{ inputs[name] }}
{%- endfor %}

),

{% for step, next_step in [('remove', 'remaining'), ('include_list', 'included'),
    ('exclude_list', 'cleared')] if steps[step] -%}
{{ next_step }} as (

    select account_id from {{ state.current }}
{%- for name in steps[step] %}
    {{ 'union' if step == 'include_list' else 'except' }}
    select account_id from {{ inputs[name] }}
{%- endfor %}

),

{% set state.current = next_step -%}
{% endfor -%}
{%- if reduce -%}
ranked as (

    select
        {{ state.current }}.account_id,
        row_number() over (
            order by
                {% if ranked_by_attribute -%}
                ranking_attribute.ranking_value
                {{- ' desc' if reduce.keep == 'highest' else ' asc' }} nulls last,
                {%- else -%}
                {{ crm_segmentation.by_bytes(
                    "md5('reduce:" ~ reduce.random ~ ":' || "
                    ~ state.current ~ ".account_id)"
                ) }},
                {%- endif %}
                {{ crm_segmentation.by_bytes(state.current ~ '.account_id') }}
        ) as place,
        count(*) over () as group_size
    from {{ state.current }}
    {%- if ranked_by_attribute %}
    left join ranking_attribute
        on {{ state.current }}.account_id = ranking_attribute.account_id
    {%- endif %}

),

reduced as (

    select account_id
    from ranked
    {% if 'to' in reduce -%}
    where place <= {{ reduce.to }}
    {%- else -%}
    -- place <= floor(group_size * percent / 100), in whole numbers
    where place * 10000 <= group_size * {{ (reduce.to_percent * 100) | round | int }}
    {%- endif %}

),

{% set state.current = 'reduced' -%}
{% endif -%}
final as (

    select
        cast(account_id as text) as account_id,
        {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }} as as_of_date,
        cast({{ crm_segmentation.text_literal(group_hash) }} as text) as group_hash
    from {{ state.current }}

)

select * from final
{%- endmacro %}
