{#
    What links two records, as declarations. `strength` says how much a link is
    worth, 1 the most: when people say "not the same", the weaker link gives way,
    and a lead or guest follows the strongest link that it has. Inside a strength
    the order of the list decides.
#}

{#
    Cross references: one source names the key of another. Each joins the record
    of `from` with the record of `to`, both read from one row of `model`.

    | key         | meaning                                                   |
    |-------------|-----------------------------------------------------------|
    | name        | the rule's name in the evidence                           |
    | model       | the staging model that holds both keys                    |
    | seen_at     | its column with the time at which the row came to be      |
    | from, to    | [source, record type, column]                             |
    | max_parties | how many records of `from` one key of `to` may join before|
    |             | it counts as a placeholder and joins none                 |
#}
{% macro identity_references() %}
    {{- return([
        {
            'name': 'crm_merged_into',
            'model': 'stg_crm__accounts',
            'seen_at': 'created_at',
            'from': ['crm', 'account', 'crm_account_id'],
            'to': ['crm', 'account', 'merged_into_crm_account_id'],
            'max_parties': 20
        },
        {
            'name': 'crm_customer_number',
            'model': 'stg_crm__accounts',
            'seen_at': 'created_at',
            'from': ['crm', 'account', 'crm_account_id'],
            'to': ['erp', 'customer', 'erp_customer_id'],
            'max_parties': 5
        },
        {
            'name': 'erp_account_number',
            'model': 'stg_erp__customers',
            'seen_at': 'created_at',
            'from': ['erp', 'customer', 'erp_customer_id'],
            'to': ['crm', 'account', 'crm_account_id'],
            'max_parties': 5
        },
        {
            'name': 'crm_converted_lead',
            'model': 'stg_crm__leads',
            'seen_at': 'created_at',
            'from': ['crm', 'lead', 'crm_lead_id'],
            'to': ['crm', 'account', 'converted_crm_account_id'],
            'max_parties': 1000
        },
        {
            'name': 'crm_contact_of_account',
            'model': 'stg_crm__contacts',
            'seen_at': 'created_at',
            'from': ['crm', 'contact', 'crm_contact_id'],
            'to': ['crm', 'account', 'crm_account_id'],
            'max_parties': 100000
        }
    ] + crm_segmentation.setting('extra_identity_references')) -}}
{% endmacro %}

{#
    Identifiers: records that agree in ALL of `match` are the same party.

    | key           | meaning                                                 |
    |---------------|---------------------------------------------------------|
    | name          | the rule's name in the evidence                         |
    | strength      | 2 (as good as a key) to 4 (probable)                    |
    | match         | forms that must all be there and be equal               |
    | max_parties   | how many parties a value may join; one that would join  |
    |               | more is shared (info@, a switchboard) and joins none    |
    | unless_differ | forms that must not contradict among those who share    |
    |               | the value; a missing one contradicts nothing            |
    | through_contacts | true: what a company's contact writes counts as the  |
    |               | company's own here, since the rule also asks for        |
    |               | something that only the company has                     |

    A rule of `extra_identity_rules` with a name of ours replaces ours;
    `enabled: false` takes it away.
#}
{% macro identity_rules() %}
    {%- set ours = [
        {
            'name': 'tax_id',
            'strength': 2,
            'match': ['tax_key'],
            'max_parties': 4
        },
        {
            'name': 'email_and_company',
            'strength': 2,
            'match': ['email_key', 'company_key'],
            'max_parties': 4,
            'through_contacts': true
        },
        {
            'name': 'email_and_person',
            'strength': 2,
            'match': ['email_key', 'letters_key'],
            'max_parties': 4,
            'unless_differ': ['birth_date']
        },
        {
            'name': 'email',
            'strength': 3,
            'match': ['email_key'],
            'max_parties': 3,
            'unless_differ': ['given_start', 'birth_date', 'company_key', 'tax_key']
        },
        {
            'name': 'phone_and_company',
            'strength': 3,
            'match': ['phone_key', 'company_key'],
            'max_parties': 4
        },
        {
            'name': 'phone_and_person',
            'strength': 3,
            'match': ['phone_key', 'letters_key'],
            'max_parties': 4,
            'unless_differ': ['birth_date']
        },
        {
            'name': 'company_and_address',
            'strength': 3,
            'match': ['company_key', 'street_key', 'postal_key'],
            'max_parties': 4,
            'unless_differ': ['tax_key']
        },
        {
            'name': 'person_and_birth_date',
            'strength': 3,
            'match': ['letters_key', 'birth_date'],
            'max_parties': 3
        },
        {
            'name': 'person_and_address',
            'strength': 3,
            'match': ['letters_key', 'street_key', 'postal_key'],
            'max_parties': 3,
            'unless_differ': ['birth_date']
        },
        {
            'name': 'birth_date_and_address',
            'strength': 4,
            'match': ['birth_date', 'street_key', 'postal_key'],
            'max_parties': 2,
            'unless_differ': ['given_start']
        },
        {
            'name': 'given_name_birth_date_and_postal_code',
            'strength': 4,
            'match': ['given_key', 'birth_date', 'postal_key'],
            'max_parties': 2
        },
        {
            'name': 'family_name_birth_date_and_postal_code',
            'strength': 4,
            'match': ['family_key', 'birth_date', 'postal_key'],
            'max_parties': 2,
            'unless_differ': ['given_start']
        }
    ] -%}
    {%- set extra = {} -%}
    {%- for rule in crm_segmentation.setting('extra_identity_rules') -%}
        {%- do extra.update({rule.name: rule}) -%}
    {%- endfor -%}
    {%- set rules = [] -%}
    {%- for rule in ours -%}
        {%- do rules.append(extra.pop(rule.name, rule)) -%}
    {%- endfor -%}
    {%- set enabled = [] -%}
    {%- for rule in rules + extra.values() | list if rule.get('enabled', true) -%}
        {%- do enabled.append(crm_segmentation.checked_identity_rule(rule)) -%}
    {%- endfor -%}
    {{- return(enabled | sort(attribute='strength')) -}}
{% endmacro %}

{#
    Forms that rules match on: name -> SQL over the columns of
    int_identity_records. The setting `extra_identity_forms` adds more.
#}
{% macro identity_forms() %}
    {%- set forms = {
        'email_key': 'email_key',
        'phone_key': 'phone_key',
        'tax_key': 'tax_key',
        'company_key': 'company_key',
        'person_key': 'person_key',
        'given_key': 'given_key',
        'family_key': 'family_key',
        'letters_key': 'letters_key',
        'birth_date': 'cast(birth_date as text)',
        'street_key': 'street_key',
        'postal_key': 'postal_key',
        'city_key': 'city_key',
        'country_code': 'country_code',
        'given_start':
            "case when length(given_key) > 1 then substr(given_key, 1, 3) end",
    } -%}
    {%- do forms.update(crm_segmentation.setting('extra_identity_forms')) -%}
    {{- return(forms) -}}
{% endmacro %}

{#
    A rule with every key present.
    Errors: an unknown key, form or strength, a missing key.
#}
{% macro checked_identity_rule(rule) %}
    {%- set checked = {
        'name': none, 'strength': none, 'match': none, 'max_parties': none,
        'unless_differ': [], 'through_contacts': false, 'enabled': true
    } -%}
    {%- set where = "identity rule '" ~ rule.get('name', '?') ~ "'" -%}
    {%- for key, value in rule.items() -%}
        {%- if key not in checked -%}
            {{ exceptions.raise_compiler_error(
                "Unknown key in " ~ where ~ ": got '" ~ key ~ "'; allowed: "
                ~ checked.keys() | join(', ') ~ "."
            ) }}
        {%- endif -%}
        {%- do checked.update({key: value}) -%}
    {%- endfor -%}
    {%- for key, value in checked.items() if value in [none, '', []]
        and key != 'unless_differ' -%}
        {{ exceptions.raise_compiler_error(
            "Missing key in " ~ where ~ ": got no '" ~ key
            ~ "'; needed: name, strength, match, max_parties."
        ) }}
    {%- endfor -%}
    {%- if checked.strength not in [2, 3, 4] -%}
        {{ exceptions.raise_compiler_error(
            "Unknown strength in " ~ where ~ ": got '" ~ checked.strength
            ~ "'; allowed: 2, 3, 4 (1 is for cross references)."
        ) }}
    {%- endif -%}
    {%- set forms = crm_segmentation.identity_forms() -%}
    {%- for form in checked.match + checked.unless_differ if form not in forms -%}
        {{ exceptions.raise_compiler_error(
            "Unknown form in " ~ where ~ ": got '" ~ form ~ "'; allowed: "
            ~ forms.keys() | sort | join(', ')
            ~ ". Add a form by the setting extra_identity_forms."
        ) }}
    {%- endfor -%}
    {{- return(checked) -}}
{% endmacro %}

{# How many forms a rule may name in `unless_differ`, at most, among all rules. #}
{% macro identity_contradiction_slots() %}
    {%- set counts = [1] -%}
    {%- for rule in crm_segmentation.identity_rules() -%}
        {%- do counts.append(rule.unless_differ | length) -%}
    {%- endfor -%}
    {{- return(counts | max) -}}
{% endmacro %}

{# SQL: several forms as one text, NULL where one is missing. #}
{% macro joined_identity_forms(names) %}
    {%- set forms = crm_segmentation.identity_forms() -%}
    {%- set parts = [] -%}
    {%- for name in names -%}
        {%- do parts.append('(' ~ forms[name] ~ ')') -%}
    {%- endfor -%}
    {{- return(parts | join(" || '|' || ")) -}}
{% endmacro %}
