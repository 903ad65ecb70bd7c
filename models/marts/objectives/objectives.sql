-- The hash covers the priors, too: a fit reads them, and they are rows.
{%- set fitted = crm_segmentation.objective_fit_declarations() %}

with

priors as (

    select * from {{ ref('objective_priors') }}

),

declared as (

    {%- for objective in crm_segmentation.objective_declarations() %}
    select
        {{ crm_segmentation.text_literal(objective.name) }} as objective,
        {{ crm_segmentation.text_literal(objective.label) }} as label,
        {{ crm_segmentation.text_literal(
            crm_segmentation.objective_in_words(objective, 'considered')
        ) }} as considered_text,
        {{ crm_segmentation.text_literal(
            crm_segmentation.objective_in_words(objective, 'ideal')
        ) }} as ideal_text,
        {{ objective.segments }} as segments,
        {{ objective.minimum_support }} as minimum_support,
        {{ objective.minimum_lift }} as minimum_lift,
        {{ objective.max_distance }} as max_distance,
        '{{ crm_segmentation.declaration_hash(fitted[objective.name]) }}'
            as declaration_hash
    union all
    {%- endfor %}
    select
        cast(null as text) as objective,
        cast(null as text) as label,
        cast(null as text) as considered_text,
        cast(null as text) as ideal_text,
        0 as segments,
        0 as minimum_support,
        0 as minimum_lift,
        0 as max_distance,
        cast(null as text) as declaration_hash
    where 1 = 0

),

priors_as_text as (

    select
        objective,
        {{ crm_segmentation.join_texts(
            "trait || '=' || value || ' ' || cast(favour as text)"
            ~ " || ' ' || cast(confidence as text)", '; '
        ) }} as priors
    from priors
    group by objective

),

final as (

    select
        cast(declared.objective as text) as objective,
        cast(declared.label as text) as label,
        cast(declared.considered_text as text) as considered_text,
        cast(declared.ideal_text as text) as ideal_text,
        cast(declared.segments as integer) as segments,
        cast(declared.minimum_support as integer) as minimum_support,
        cast(declared.minimum_lift as decimal(9, 4)) as minimum_lift,
        cast(declared.max_distance as decimal(9, 6)) as max_distance,
        cast(
            case
                when priors_as_text.priors is null then declared.declaration_hash
                else md5(declared.declaration_hash || priors_as_text.priors)
            end as text
        ) as declaration_hash
    from declared
    left join priors_as_text
        on declared.objective = priors_as_text.objective

)

select * from final
