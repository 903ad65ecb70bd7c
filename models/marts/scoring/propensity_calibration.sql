-- Of which customers a model foretold how much, and what came true, in the months
-- after those that it had learned from.
with

parameters as (

    select * from {{ ref('propensity_parameters') }}

),

bins as (

    select
        model_name,
        fit_version,
        name as bin,
        max(case when parameter = 'bin_accounts' then value end) as account_count,
        max(case when parameter = 'bin_predicted' then value end) as predicted_share,
        max(case when parameter = 'bin_observed' then value end) as observed_share
    from parameters
    where parameter in ('bin_accounts', 'bin_predicted', 'bin_observed')
    group by model_name, fit_version, name

),

final as (

    select
        cast(model_name as text) as model_name,
        cast(fit_version as integer) as fit_version,
        cast(bin as integer) as bin,
        cast(account_count as integer) as account_count,
        cast(predicted_share as decimal(9, 6)) as predicted_share,
        cast(observed_share as decimal(9, 6)) as observed_share
    from bins

)

select * from final
