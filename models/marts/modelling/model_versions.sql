-- The registry of fits: what each recorded of itself in the first columns of its
-- parameters.
{%- set pins = crm_segmentation.model_version_pins() %}

with

settings as (

    select * from {{ ref('fit_settings') }}

),

definitions as (

    select * from {{ ref('fit_definitions') }}

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
        feature_hash,
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

feature_hash_of_each as (

    select
        setting,
        md5(value) as feature_hash
    from settings

),

-- a fit keeps what it read in its parameters, by name and hash
defined_anew as (

    select
        compared.model_name,
        compared.fit_version,
        {{ crm_segmentation.join_texts(
            "definitions.kind || ' ' || definitions.name", ', '
        ) }} as changed_definitions
    from compared
    inner join definitions
        on compared.model_name = definitions.model_name
    where
        position(
            '"' || definitions.kind || ' ' || definitions.name || '": "'
            || definitions.definition_hash || '"'
            in compared.parameters
        ) = 0
    group by
        compared.model_name,
        compared.fit_version

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
        cast(
            case
                when compared.feature_hash is not null
                    then coalesce(
                        compared.feature_hash = feature_hash_of_each.feature_hash, false
                    )
            end as boolean
        ) as is_of_the_definitions,
        cast(
            case
                when compared.feature_hash <> feature_hash_of_each.feature_hash
                    then defined_anew.changed_definitions
            end as text
        ) as changed_definitions,
        cast(compared.fitted_as_of as date) as fitted_as_of,
        cast(compared.reason as text) as reason,
        cast(compared.sample_size as bigint) as sample_size,
        cast(compared.sample_hash as text) as sample_hash,
        cast(compared.declaration_hash as text) as declaration_hash,
        cast(compared.feature_hash as text) as feature_hash,
        cast(compared.random_state as bigint) as random_state,
        cast(compared.parameters as text) as parameters,
        cast(compared.quality as text) as quality,
        cast(compared.libraries as text) as libraries
    from compared
    left join declared
        on compared.model_name = declared.model_name
    left join hash_of_each
        on declared.setting = hash_of_each.setting
    left join feature_hash_of_each
        on 'definitions.' || declared.model_name = feature_hash_of_each.setting
    left join defined_anew
        on
            compared.model_name = defined_anew.model_name
            and compared.fit_version = defined_anew.fit_version

)

select * from final
