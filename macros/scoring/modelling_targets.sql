{#
    What fits may be asked to tell apart: the setting `modelling_targets`, a list of

    | key       | meaning                                                      |
    |-----------|--------------------------------------------------------------|
    | name      | name of the target: small letters, digits and _              |
    | group     | a profile or target group: 1 for its members, else 0         |
    | flag      | a KPI flag: 1 for accounts that raise it, else 0             |
    | attribute | an attribute: its number as value, anything else as category |
    | campaign  | a campaign: 1 for accounts that answered, 0 for those that   |
    |           | were contacted and did not; nobody else has a row            |
    | response  | the answer to the campaign: any (default), open, click,      |
    |           | reply, order, or purchase, an order that was placed later    |
    | reason    | why a protected attribute is a target; refused without       |

    and of group, flag, attribute and campaign exactly one.

    Errors: an unknown key, no name or one given twice, none or two of the four, an
    attribute that is unknown, identifying, or protected without a reason.
#}
{% macro modelling_target_declarations() %}
    {%- set kinds = ['group', 'flag', 'attribute', 'campaign'] -%}
    {%- set keys = ['name', 'response', 'reason'] + kinds -%}
    {%- set responses = ['any', 'open', 'click', 'reply', 'order', 'purchase'] -%}
    {%- set catalog = crm_segmentation.attribute_catalog() -%}
    {%- set targets = [] -%}
    {%- set names = [] -%}
    {%- set problems = [] -%}
    {%- for entry in crm_segmentation.setting('modelling_targets') -%}
        {%- set where = " in var 'modelling_targets', entry " ~ loop.index ~ ": got '" -%}
        {%- if entry is not mapping -%}
            {%- do problems.append(
                'No target' ~ where ~ entry ~ "'; allowed: a mapping with "
                ~ keys | join(', ')
            ) -%}
        {%- else -%}
            {%- for key in entry if key not in keys -%}
                {%- do problems.append(
                    'Unknown key' ~ where ~ key ~ "'; allowed: " ~ keys | join(', ')
                ) -%}
            {%- endfor -%}
            {%- set given = kinds | select('in', entry) | list -%}
            {%- if given | length != 1 -%}
                {%- do problems.append(
                    'No one thing to tell apart' ~ where ~ given | join(', ')
                    ~ "'; allowed: exactly one of " ~ kinds | join(', ')
                ) -%}
            {%- endif -%}
            {%- if not modules.re.match('^[a-z][a-z0-9_]*\\Z', entry.name | string)
                or entry.name in names -%}
                {%- do problems.append(
                    'Bad name' ~ where ~ entry.name ~ "'; allowed: small letters, "
                    ~ 'digits and _, each name once'
                ) -%}
            {%- endif -%}
            {%- do names.append(entry.name) -%}
            {%- if entry.get('response', 'any') not in responses -%}
                {%- do problems.append(
                    'Unknown response' ~ where ~ entry.response ~ "'; allowed: "
                    ~ responses | join(', ')
                ) -%}
            {%- endif -%}
            {%- if 'attribute' in entry -%}
                {%- set attribute = catalog.get(entry.attribute | string) -%}
                {%- if attribute is none or attribute.identifying
                    or attribute.type in ['values', 'point', 'timestamp'] -%}
                    {%- do problems.append(
                        'Attribute that is no target' ~ where ~ entry.attribute
                        ~ "'; allowed: attributes of type number, text, boolean or "
                        ~ 'date that identify nobody'
                    ) -%}
                {%- elif attribute.protected and not entry.get('reason') -%}
                    {%- do problems.append(
                        'Protected attribute without a reason' ~ where
                        ~ entry.attribute ~ "'; allowed: with reason: <why it is "
                        ~ 'needed and permitted>'
                    ) -%}
                {%- endif -%}
            {%- endif -%}
            {%- do targets.append(entry) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(
            'The targets of fits have ' ~ problems | length ~ ' error(s):\n- '
            ~ problems | join('.\n- ') ~ '.'
        ) }}
    {%- endif -%}
    {{ return(targets) }}
{% endmacro %}

{# SQL: account_id of the accounts for which a target of group or flag is 1. #}
{% macro target_members(target) -%}
{%- if 'group' in target -%}
select account_id from {{ ref(target.group) }}
{%- else -%}
select account_id
from {{ ref('account_attribute_values') }}
where attribute = 'kpi_flags'
    and value = {{ crm_segmentation.text_literal(target.flag) }}
{%- endif -%}
{%- endmacro %}

{#
    SQL: account_id and is_member of those who were contacted by the campaign of a
    target. Whoever was drawn twice belongs to the arm of the first time.
#}
{% macro target_responses(target) -%}
{%- set campaign = crm_segmentation.text_literal(target.campaign | string) -%}
{%- set response = target.get('response', 'any') -%}
select
    contacted.account_id,
    max(case when answers.event_id is null then 0 else 1 end) as is_member
from (
    select
        account_id,
        detail as arm,
        occurred_at as contacted_at,
        row_number() over (
            partition by account_id
            order by occurred_at, {{ crm_segmentation.by_bytes('event_id') }}
        ) as contact_number
    from activity
    where event_name = 'campaign_contact'
        and campaign_id = {{ campaign }}
) as contacted
left join activity as answers
    on contacted.account_id = answers.account_id
    and contacted.contacted_at <= answers.occurred_at
    {%- if response == 'purchase' %}
    and answers.event_name = 'order'
    and not answers.is_cancelled
    {%- else %}
    and answers.event_name = 'campaign_response'
    and answers.campaign_id = {{ campaign }}
    {%- if response != 'any' %}
    and answers.detail = {{ crm_segmentation.text_literal(response) }}
    {%- endif %}
    {%- endif %}
where contacted.contact_number = 1
    and contacted.arm = 'treatment'
group by contacted.account_id
{%- endmacro %}
