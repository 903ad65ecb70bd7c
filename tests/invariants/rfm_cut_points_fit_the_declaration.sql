-- The current cut points are of the declared dimensions: the same KPI, method and
-- number of bins. A change of the declaration is fitted by the next build, so they can
-- differ where the sample was too small for that, or the var model_version_pins names
-- an older version; then nobody is scored.
with

declared as (

    select * from {{ ref('rfm_dimensions') }}

),

current_cuts as (

    {{ crm_segmentation.current_fit('rfm', ref('rfm_cut_points')) | indent(4) }}

),

fitted as (

    select
        dimension,
        kpi,
        method,
        bins,
        count(*) as cut_count
    from current_cuts
    group by
        dimension,
        kpi,
        method,
        bins

)

select
    coalesce(declared.dimension, fitted.dimension) as dimension,
    declared.kpi as declared_kpi,
    fitted.kpi as fitted_kpi,
    declared.method as declared_method,
    fitted.method as fitted_method,
    declared.bins as declared_bins,
    fitted.bins as fitted_bins
from declared
full outer join fitted
    on declared.dimension = fitted.dimension
where
    exists (select 1 from fitted)
    and (
        declared.kpi is distinct from fitted.kpi
        or declared.method is distinct from fitted.method
        or declared.bins is distinct from fitted.bins
        or fitted.bins is distinct from fitted.cut_count + 1
    )
