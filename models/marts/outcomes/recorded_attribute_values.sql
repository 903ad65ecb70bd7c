{%- set attributes = crm_segmentation.recorded_attribute_entries(
    crm_segmentation.attribute_catalog()
) -%}
{%- set names = [] -%}
{%- for name in attributes -%}
    {%- do names.append(crm_segmentation.text_literal(name)) -%}
{%- endfor -%}

with

spells as (

    select *
    from {{ ref('int_account_attribute_spells') }}

),

current_values as (

    {% for name, attribute in attributes.items() -%}
    select
        account_attributes.account_id,
        {{ crm_segmentation.text_literal(name) }} as attribute,
        cast({{ attribute.model }}.{{ attribute.column }} as text) as value
    from {{ ref('account_attributes') }} as account_attributes
    {%- if attribute.model != 'account_attributes' %}
    left join {{ ref(attribute.model) }} as {{ attribute.model }}
        on account_attributes.account_id = {{ attribute.model }}.account_id
    {%- endif %}
    {% if not loop.last -%}
    union all
    {% endif -%}
    {%- else -%}
    select
        cast(null as text) as account_id,
        cast(null as text) as attribute,
        cast(null as text) as value
    where 1 = 0
    {%- endfor %}

),

ever_known as (

    {{- crm_segmentation.ever_known('current_values', 'spells', 'attribute') }}

),

final as (

    select
        cast(ever_known.account_id as text) as account_id,
        cast(ever_known.attribute as text) as attribute,
        cast(
            case
                when current_values.account_id is not null then 'present'
                {%- if names %}
                when ever_known.attribute in ({{ names | join(', ') }}) then 'gone'
                {%- endif %}
                else 'not_recorded'
            end
            as text
        ) as status,
        cast(current_values.value as text) as value,
        {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
            as as_of_date
    from ever_known
    left join current_values
        on
            ever_known.account_id = current_values.account_id
            and ever_known.attribute = current_values.attribute

)

select * from final
