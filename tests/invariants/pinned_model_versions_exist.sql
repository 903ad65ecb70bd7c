-- A version that the setting model_version_pins names is there to score with.
with

pinned as (

    {%- for name, version in crm_segmentation.model_version_pins().items() %}
    select
        {{ crm_segmentation.text_literal(name) }} as model_name,
        {{ version }} as fit_version
    union all
    {%- endfor %}
    select
        cast(null as text) as model_name,
        0 as fit_version
    where 1 = 0

),

versions as (

    select * from {{ ref('model_versions') }}

)

select
    pinned.model_name,
    pinned.fit_version
from pinned
left join versions
    on pinned.model_name = versions.model_name
    and pinned.fit_version = versions.fit_version
where versions.model_name is null
