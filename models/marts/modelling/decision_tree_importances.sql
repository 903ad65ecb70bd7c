with

recorded as (

    {{ crm_segmentation.current_trees() | indent(4) }}

),

final as (

    select
        cast(model_name as text) as tree,
        cast(importance_rank as integer) as importance_rank,
        cast(feature as text) as feature,
        cast(impurity_importance as decimal(9, 6)) as impurity_importance,
        cast(permutation_importance as decimal(9, 6)) as permutation_importance,
        cast(permutation_deviation as decimal(9, 6)) as permutation_deviation,
        cast(fit_version as integer) as fit_version
    from recorded
    where part = 'feature'

)

select * from final
