{%- set extra = crm_segmentation.setting('extra_marketing_attributes') %}

with

own as (

    select * from {{ ref('marketing_attributes') }}

),
{% if extra %}
extra as (

    select * from {{ ref(extra) }}

),
{% endif %}
-- Attributes of one value that we declare are columns of account_attributes; those
-- of an installing project are rows of account_attribute_values, whatever their type,
-- since the columns of a model of ours cannot follow its seed.
combined as (

    select
        attribute,
        source,
        type,
        allowed_value,
        type <> 'values' as is_column
    from own
    {%- if extra %}
    union all
    select
        attribute,
        source,
        type,
        allowed_value,
        false as is_column
    from extra
    {%- endif %}

),

final as (

    select
        cast(attribute as text) as attribute,
        cast(source as text) as source,
        cast(type as text) as type,
        cast(allowed_value as text) as allowed_value,
        cast(is_column as boolean) as is_column
    from combined

)

select * from final
