-- The cluster parameters that score are of the declared features with their
-- transforms and weights. It fails where the setting model_version_pins names a version
-- of another declaration.
with

parameters as (

    select distinct
        feature,
        transform,
        weight
    from (
        {{ crm_segmentation.current_fit('clusters', ref('cluster_parameters'))
            | indent(8) }}
    ) as current_parameters

),

declared as (

    select * from {{ ref('cluster_features') }}
    where exists (select 1 as found from parameters)

)

select
    declared.feature as declared_feature,
    parameters.feature as fitted_feature,
    declared.transform as declared_transform,
    parameters.transform as fitted_transform,
    declared.weight as declared_weight,
    parameters.weight as fitted_weight
from declared
full outer join parameters
    on declared.feature = parameters.feature
    and declared.transform = parameters.transform
    and declared.weight = cast(parameters.weight as decimal(9, 4))
where declared.feature is null
    or parameters.feature is null
