-- Why is an account in a profile, or what does it lack? One row per node of the rule,
-- as `make explain` prints it. Say which by the vars explained_profile and
-- explained_account; without an account it is for all of the base, to be filtered by
-- account_id where it is read. What is compiled is plain SQL of the warehouse.
{%- set profile = crm_segmentation.setting('explained_profile')
    or crm_segmentation.catalogued_profiles() | first %}
{% if profile -%}
-- depends_on: {{ ref(profile) }}
with

explained as (

    {{ crm_segmentation.explain_profile(
        profile, crm_segmentation.setting('explained_account')
    ) | indent(4) }}

)

select *
from explained
order by {{ crm_segmentation.by_bytes('account_id') }}, line_number
{%- else -%}
select 'No profile: name one in var explained_profile.' as message
{%- endif %}
