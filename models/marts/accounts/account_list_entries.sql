{#- What people keep in lists, beside the rules that read the lists themselves. A test
    that fails on unknown ids fails here, where nothing else hangs on it. -#}
with accounts as (
    select * from {{ ref('accounts') }}
),

entries as (
    {% for name in crm_segmentation.account_lists() -%}
    select
        {{ crm_segmentation.text_literal(name) }} as list_name,
        account_id
    from {{ ref(name) }}
    where account_id is not null
    {% if not loop.last -%}
    union
    {% endif -%}
    {%- else -%}
    select
        cast(null as text) as list_name,
        cast(null as text) as account_id
    where 1 = 0
    {%- endfor %}
),

final as (
    select distinct
        cast(entries.list_name as text) as list_name,
        cast(entries.account_id as text) as account_id,
        {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
            as as_of_date,
        accounts.account_id is not null as is_known
    from entries
    left join accounts
        on entries.account_id = accounts.account_id
)

select * from final
