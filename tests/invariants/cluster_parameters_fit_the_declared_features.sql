-- The newest cluster parameters are of the declared features with their transforms
-- and weights. After a change of the declaration: build once with the var refit: true.
with

parameters as (

    select distinct
        feature,
        transform,
        weight
    from {{ ref('cluster_parameters') }}
    where fit_version = (select max(fit_version) from {{ ref('cluster_parameters') }})

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
