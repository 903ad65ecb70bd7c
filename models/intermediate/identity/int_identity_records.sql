-- Facts speak for keys that no master table knows: such a key is a customer too.
{%- set crm_facts = [
    ('marketing_attributes', 'updated_at'),
    ('consents', 'occurred_at'),
    ('campaign_contacts', 'contacted_at'),
    ('campaign_responses', 'responded_at'),
    ('service_interactions', 'opened_at'),
    ('survey_answers', 'answered_at'),
    ('feedback_scores', 'given_at'),
    ('contracts', 'cast(starts_on as timestamp)')
] %}
with crm_accounts as (
    select * from {{ ref('stg_crm__accounts') }}
    where {{ crm_segmentation.identity_sees('created_at', 'loaded_at') }}
),

crm_contacts as (
    select * from {{ ref('stg_crm__contacts') }}
    where {{ crm_segmentation.identity_sees('created_at', 'loaded_at') }}
),

crm_leads as (
    select * from {{ ref('stg_crm__leads') }}
    where {{ crm_segmentation.identity_sees('created_at', 'loaded_at') }}
),

erp_customers as (
    select * from {{ ref('stg_erp__customers') }}
    where {{ crm_segmentation.identity_sees('created_at', 'loaded_at') }}
),

erp_orders as (
    select * from {{ ref('stg_erp__orders') }}
    where {{ crm_segmentation.identity_sees('ordered_at', 'loaded_at') }}
),

web_events as (
    select * from {{ ref('stg_web__events') }}
    where {{ crm_segmentation.identity_sees('occurred_at', 'loaded_at') }}
),

calling_codes as (
    select * from {{ ref('identity_calling_codes') }}
),

crm_facts as (
    {%- for table, occurred_at in crm_facts %}
    select
        crm_account_id,
        {{ occurred_at }} as seen_at
    from {{ ref('stg_crm__' ~ table) }}
    where
        crm_account_id is not null
        and {{ crm_segmentation.identity_sees(occurred_at, 'loaded_at') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

crm_account_sightings as (
    select
        crm_account_id,
        min(seen_at) as seen_at
    from crm_facts
    group by crm_account_id
),

erp_facts as (
    select
        erp_customer_id,
        ordered_at as seen_at
    from erp_orders
    where erp_customer_id is not null
    union all
    select
        erp_customer_id,
        occurred_at as seen_at
    from web_events
    where erp_customer_id is not null
),

erp_customer_sightings as (
    select
        erp_customer_id,
        min(seen_at) as seen_at
    from erp_facts
    group by erp_customer_id
),

-- An order without a customer is a guest's; without an e-mail it stays alone.
guest_orders as (
    select
        order_id,
        ordered_at,
        {{ crm_segmentation.fold('guest_email') }} as email,
        coalesce(
            {{ crm_segmentation.fold('guest_email') }}, 'order:' || order_id
        ) as guest_key
    from erp_orders
    where erp_customer_id is null
),

ranked_guest_orders as (
    select
        guest_key,
        email,
        order_id,
        ordered_at,
        row_number() over (
            partition by guest_key
            order by
                ordered_at nulls last,
                {{ crm_segmentation.by_bytes('order_id') }} nulls last
        ) as place
    from guest_orders
),

web_logins as (
    select
        {{ crm_segmentation.fold('user_email') }} as email,
        event_id,
        occurred_at,
        row_number() over (
            partition by {{ crm_segmentation.fold('user_email') }}
            order by
                occurred_at nulls last,
                {{ crm_segmentation.by_bytes('event_id') }} nulls last
        ) as place
    from web_events
    where user_email is not null
),

web_visitors as (
    select
        visitor_id,
        min(occurred_at) as seen_at
    from web_events
    where visitor_id is not null
    group by visitor_id
),

crm_account_records as (
    select
        'crm' as source,
        'account' as record_type,
        coalesce(
            accounts.crm_account_id, sightings.crm_account_id
        ) as record_key,
        coalesce(
            accounts.crm_account_id, sightings.crm_account_id
        ) as founding_key,
        least(accounts.created_at, sightings.seen_at) as first_seen_at,
        accounts.account_type as party_type,
        accounts.name,
        accounts.first_name,
        accounts.last_name,
        case
            when accounts.account_type = 'company' then accounts.name
        end as company_name,
        accounts.birth_date,
        accounts.email,
        accounts.phone,
        accounts.tax_id,
        accounts.street,
        accounts.postal_code,
        accounts.city,
        accounts.country_code
    from crm_accounts as accounts
    full outer join crm_account_sightings as sightings
        on accounts.crm_account_id = sightings.crm_account_id
),

crm_contact_records as (
    select
        'crm' as source,
        'contact' as record_type,
        contacts.crm_contact_id as record_key,
        contacts.crm_contact_id as founding_key,
        contacts.created_at as first_seen_at,
        'person' as party_type,
        cast(null as text) as name,
        contacts.first_name,
        contacts.last_name,
        case
            when accounts.account_type = 'company' then accounts.name
        end as company_name,
        contacts.birth_date,
        contacts.email,
        contacts.phone,
        cast(null as text) as tax_id,
        cast(null as text) as street,
        cast(null as text) as postal_code,
        cast(null as text) as city,
        accounts.country_code
    from crm_contacts as contacts
    left join crm_accounts as accounts
        on contacts.crm_account_id = accounts.crm_account_id
),

crm_lead_records as (
    select
        'crm' as source,
        'lead' as record_type,
        crm_lead_id as record_key,
        crm_lead_id as founding_key,
        created_at as first_seen_at,
        case
            when company_name is null then 'person'
        end as party_type,
        cast(null as text) as name,
        first_name,
        last_name,
        company_name,
        cast(null as date) as birth_date,
        email,
        phone,
        cast(null as text) as tax_id,
        cast(null as text) as street,
        cast(null as text) as postal_code,
        cast(null as text) as city,
        country_code
    from crm_leads
),

-- The ERP does not say who is a company. A tax id or a legal form in the name
-- does; what is neither is taken for a person.
erp_customers_worded as (
    select
        *,
        ' ' || {{ crm_segmentation.plain_words('name') }} || ' ' as name_words
    from erp_customers
),

erp_customers_judged as (
    select
        *,
        case
            when name is null and tax_id is null then null
            when tax_id is not null then 'company'
            when {{ crm_segmentation.has_legal_form('name_words') }} then 'company'
            else 'person'
        end as party_type
    from erp_customers_worded
),

-- 'Weber, Jonas' or 'Jonas Weber'
erp_customers_named as (
    select
        *,
        case
            when party_type = 'company' then null
            when name like '%,%'
                then {{ crm_segmentation.trim_text("split_part(name, ',', 2)") }}
            when name like '% %'
                then split_part({{ crm_segmentation.trim_text('name') }}, ' ', 1)
        end as first_name,
        case
            when party_type = 'company' then null
            when name like '%,%'
                then {{ crm_segmentation.trim_text("split_part(name, ',', 1)") }}
            else split_part({{ crm_segmentation.trim_text('name') }}, ' ', -1)
        end as last_name
    from erp_customers_judged
),

erp_customer_records as (
    select
        'erp' as source,
        'customer' as record_type,
        coalesce(
            customers.erp_customer_id, sightings.erp_customer_id
        ) as record_key,
        coalesce(
            customers.erp_customer_id, sightings.erp_customer_id
        ) as founding_key,
        least(customers.created_at, sightings.seen_at) as first_seen_at,
        customers.party_type,
        customers.name,
        customers.first_name,
        customers.last_name,
        case
            when customers.party_type = 'company' then customers.name
        end as company_name,
        cast(null as date) as birth_date,
        customers.email,
        customers.phone,
        customers.tax_id,
        customers.street,
        customers.postal_code,
        customers.city,
        customers.country_code
    from erp_customers_named as customers
    full outer join erp_customer_sightings as sightings
        on customers.erp_customer_id = sightings.erp_customer_id
),

-- A guest and a web user are known by their e-mail alone. Their accounts are
-- founded on the first order and the first login: a hash of an e-mail is as good
-- as the e-mail to whoever holds a list of them.
mail_only_records as (
    select
        'erp' as source,
        'guest' as record_type,
        guest_key as record_key,
        order_id as founding_key,
        ordered_at as first_seen_at,
        email
    from ranked_guest_orders
    where place = 1
    union all
    select
        'web' as source,
        'user' as record_type,
        email as record_key,
        event_id as founding_key,
        occurred_at as first_seen_at,
        email
    from web_logins
    where place = 1
    union all
    select
        'web' as source,
        'visitor' as record_type,
        visitor_id as record_key,
        visitor_id as founding_key,
        seen_at as first_seen_at,
        cast(null as text) as email
    from web_visitors
),

records as (
    select * from crm_account_records
    union all
    select * from crm_contact_records
    union all
    select * from crm_lead_records
    union all
    select * from erp_customer_records
    union all
    select
        source,
        record_type,
        record_key,
        founding_key,
        first_seen_at,
        cast(null as text) as party_type,
        cast(null as text) as name,
        cast(null as text) as first_name,
        cast(null as text) as last_name,
        cast(null as text) as company_name,
        cast(null as date) as birth_date,
        email,
        cast(null as text) as phone,
        cast(null as text) as tax_id,
        cast(null as text) as street,
        cast(null as text) as postal_code,
        cast(null as text) as city,
        cast(null as text) as country_code
    from mail_only_records
),

numbered as (
    select
        *,
        row_number() over (
            order by
                first_seen_at nulls last,
                case source when 'crm' then 1 when 'erp' then 2 else 3 end,
                case record_type
                    when 'account' then 1
                    when 'contact' then 2
                    when 'lead' then 3
                    when 'customer' then 4
                    when 'guest' then 5
                    when 'user' then 6
                    else 7
                end,
                {{ crm_segmentation.by_bytes('founding_key') }} nulls last
        ) as node
    from records
),

normalised as (
    select
        numbered.*,
        {{ crm_segmentation.fold('numbered.email') }} as email_key,
        {{ crm_segmentation.phone_key(
            'numbered.phone',
            'calling_codes.calling_code',
            'calling_codes.trunk_prefix'
        ) }} as phone_key,
        {{ crm_segmentation.code_key('numbered.tax_id') }} as tax_key,
        {{ crm_segmentation.name_key('numbered.company_name') }} as company_key,
        {{ crm_segmentation.first_word('numbered.first_name') }} as given_key,
        {{ crm_segmentation.name_key('numbered.last_name') }} as family_key,
        {{ crm_segmentation.name_key(
            "case when numbered.party_type = 'company' then null"
            ~ " else coalesce(numbered.name,"
            ~ " numbered.first_name || ' ' || numbered.last_name) end"
        ) }} as person_key,
        {{ crm_segmentation.street_key('numbered.street') }} as street_key,
        {{ crm_segmentation.code_key('numbered.postal_code') }} as postal_key,
        {{ crm_segmentation.name_key('numbered.city') }} as city_key
    from numbered
    left join calling_codes
        on {{ crm_segmentation.upper_code('numbered.country_code') }}
            = calling_codes.country_code
),

final as (
    select
        cast(node as bigint) as node,
        cast(source as text) as source,
        cast(record_type as text) as record_type,
        cast(record_key as text) as record_key,
        cast(founding_key as text) as founding_key,
        cast(first_seen_at as timestamp) as first_seen_at,
        cast(party_type as text) as party_type,
        cast(email_key as text) as email_key,
        cast(phone_key as text) as phone_key,
        cast(tax_key as text) as tax_key,
        cast(company_key as text) as company_key,
        cast(person_key as text) as person_key,
        cast(given_key as text) as given_key,
        cast(family_key as text) as family_key,
        cast({{ crm_segmentation.letters_key('person_key') }} as text) as letters_key,
        cast(birth_date as date) as birth_date,
        cast(street_key as text) as street_key,
        cast(postal_key as text) as postal_key,
        cast(city_key as text) as city_key,
        cast({{ crm_segmentation.upper_code('country_code') }} as text) as country_code
    from normalised
)

select * from final
