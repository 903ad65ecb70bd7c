-- Python models cannot read the settings of the project, so they stand in a table.
{%- set names = [
    'fit_minimum_accounts', 'cluster_count', 'rfm_recency', 'rfm_frequency',
    'rfm_monetary'
] %}
{%- set refit = crm_segmentation.setting('refit') | string | lower %}
{%- if refit not in ['true', 'false'] %}
    {{ exceptions.raise_compiler_error(
        "Not a switch in var 'refit': got '" ~ refit ~ "'; allowed: true, false."
    ) }}
{%- endif %}

with

declared as (

    select
        'refit' as setting,
        '{{ refit }}' as value
    union all
    select
        'as_of_date' as setting,
        '{{ crm_segmentation.as_of_date().isoformat() }}' as value
    {%- for name in names %}
    union all
    select
        '{{ name }}' as setting,
        {{ crm_segmentation.text_literal(crm_segmentation.setting(name)) }} as value
    {%- endfor %}

),

final as (

    select
        cast(setting as text) as setting,
        cast(value as text) as value
    from declared

)

select * from final
