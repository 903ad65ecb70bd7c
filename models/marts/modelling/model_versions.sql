-- The registry of fits: what each recorded of itself in the first columns of its
-- parameters.
{%- set pins = crm_segmentation.model_version_pins() %}

with

settings as (

    select * from {{ ref('fit_settings') }}

),

objectives as (

    select * from {{ ref('objectives') }}

),

recorded as (

    {%- for name in crm_segmentation.parameter_tables() %}
    select distinct
        {{ crm_segmentation.text_literal(name) }} as parameter_table,
        model_name,
        fit_version,
        fitted_as_of,
        sample_size,
        reason,
        declaration_hash,
        sample_hash,
        random_state,
        parameters,
        quality,
        libraries
    from {{ ref(name) }}
    where model_name is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

compared as (

    select
        *,
        max(fit_version) over (partition by model_name) as newest_version
    from recorded

),

hash_of_each as (

    select
        settings.setting,
        settings.value as declaration_hash
    from settings
    union all
    select
        'declaration_hash.' || objectives.objective as setting,
        objectives.declaration_hash
    from objectives

),

declared as (

    {%- for name in crm_segmentation.fit_declarations() %}
    select
        {{ crm_segmentation.text_literal(name) }} as model_name,
        {{ crm_segmentation.text_literal('declaration_hash.' ~ name) }} as setting,
        cast({{ pins.get(name, 'null') }} as integer) as pinned_version
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

final as (

    select
        cast(compared.model_name as text) as model_name,
        cast(compared.fit_version as integer) as fit_version,
        cast(compared.parameter_table as text) as parameter_table,
        cast(
            declared.model_name is not null
            and compared.fit_version
            = coalesce(declared.pinned_version, compared.newest_version)
            as boolean
        ) as is_current,
        cast(declared.pinned_version is not null as boolean) as is_pinned,
        cast(
            coalesce(compared.declaration_hash = hash_of_each.declaration_hash, false)
            as boolean
        ) as is_of_the_declaration,
        cast(compared.fitted_as_of as date) as fitted_as_of,
        cast(compared.reason as text) as reason,
        cast(compared.sample_size as bigint) as sample_size,
        cast(compared.sample_hash as text) as sample_hash,
        cast(compared.declaration_hash as text) as declaration_hash,
        cast(compared.random_state as bigint) as random_state,
        cast(compared.parameters as text) as parameters,
        cast(compared.quality as text) as quality,
        cast(compared.libraries as text) as libraries
    from compared
    left join declared
        on compared.model_name = declared.model_name
    left join hash_of_each
        on declared.setting = hash_of_each.setting

)

select * from final
