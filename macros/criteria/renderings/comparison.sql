{#
    Two rules on the same data and day, for the command that compares the rules of a
    commit with those of the working tree. Its rows are of three parts:

    | part    | columns that it fills                                          |
    |---------|----------------------------------------------------------------|
    | rules   | detail: both rules as JSON, {old, new}; none where there is no |
    |         | such rule; {errors} where the old one cannot be read           |
    | masks   | old_mask, new_mask, was_member, is_member, account_count: one  |
    |         | row for each that occurs                                       |
    | example | the same, and account_id: the first ten accounts by id that    |
    |         | entered, and the first ten that left                           |

    A mask is NULL where the account is not in the base of that rule.

    | argument    | meaning                                                      |
    |-------------|--------------------------------------------------------------|
    | old, new    | rules that were read, or none; not both                      |
    | old_members | SQL of the members of the old rule, where other macros than  |
    |             | these have rendered it; none: these render it                |
    | errors      | why the old rule cannot be read by these macros              |
#}
{% macro compare_rules(profile, old, new, old_members=none, errors=[]) -%}
{%- set columns = 'account_id, criteria_mask, is_member' -%}
{%- set name = crm_segmentation.text_literal(profile) -%}
select
    {{ name }} as profile_name,
    'rules' as part,
    {{ crm_segmentation.text_literal(tojson({
        'as_of': crm_segmentation.as_of_date().isoformat(),
        'old': crm_segmentation.rule_card(old),
        'new': crm_segmentation.rule_card(new),
        'errors': errors,
        'is_counted': not errors or old_members is not none,
    })) }} as detail,
    cast(null as text) as old_mask,
    cast(null as text) as new_mask,
    false as was_member,
    false as is_member,
    0 as account_count,
    cast(null as text) as account_id
{%- if not errors or old_members is not none %}
union all
select
    {{ name }} as profile_name,
    compared.part,
    cast(null as text) as detail,
    compared.old_mask,
    compared.new_mask,
    compared.was_member,
    compared.is_member,
    compared.account_count,
    compared.account_id
from (
    with old_rule as (

        {{ crm_segmentation.judged_accounts(old, old_members) | indent(8) }}

    ),

    new_rule as (

        {{ crm_segmentation.judged_accounts(new) | indent(8) }}

    ),

    accounts_of_both as (

        select
            coalesce(new_rule.account_id, old_rule.account_id) as account_id,
            old_rule.criteria_mask as old_mask,
            new_rule.criteria_mask as new_mask,
            coalesce(old_rule.is_member, false) as was_member,
            coalesce(new_rule.is_member, false) as is_member
        from old_rule
        full outer join new_rule
            on old_rule.account_id = new_rule.account_id

    ),

    numbered as (

        select
            *,
            row_number() over (
                partition by was_member, is_member
                order by {{ crm_segmentation.by_bytes('account_id') }}
            ) as place
        from accounts_of_both

    )

    select
        'masks' as part,
        old_mask,
        new_mask,
        was_member,
        is_member,
        count(*) as account_count,
        cast(null as text) as account_id
    from accounts_of_both
    where was_member or is_member
    group by old_mask, new_mask, was_member, is_member
    union all
    select
        'example' as part,
        old_mask,
        new_mask,
        was_member,
        is_member,
        1 as account_count,
        account_id
    from numbered
    where was_member <> is_member and place <= 10
) as compared
{%- endif %}
{%- endmacro %}

{#
    SQL: the accounts of a rule's base, with mask and verdict; no account without a
    rule. `members`: SQL of the members, where it is not for the rule to say.
#}
{% macro judged_accounts(rule, members=none) -%}
{%- if rule is none and members is none -%}
select
    cast(null as text) as account_id,
    cast(null as text) as criteria_mask,
    false as is_member
where 1 = 0
{%- elif rule is none -%}
select
    account_id,
    cast(null as text) as criteria_mask,
    true as is_member
from (
    {{ members | indent(4) }}
) as given_members
{%- else -%}
with {{ crm_segmentation.rule_ctes(rule) }}

judged as (

    select
        base.account_id,
        {{ crm_segmentation.mask_sql(rule) | indent(8) }} as criteria_mask,
        {{ ('(' ~ rule.sql ~ ')') | indent(8) }} as is_member
    {{ crm_segmentation.rule_joins(rule) | indent(4) }}

)
{%- if members is none %}

select * from judged
{%- else %},

given_members as (

    {{ members | indent(4) }}

)

select
    judged.account_id,
    judged.criteria_mask,
    given_members.account_id is not null as is_member
from judged
left join given_members
    on judged.account_id = given_members.account_id
{%- endif %}
{%- endif %}
{%- endmacro %}

{# What a report says of a rule. #}
{% macro rule_card(rule) %}
    {%- if rule is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set leaves = [] -%}
    {%- for leaf in rule.leaves -%}
        {%- do leaves.append({
            'path': leaf.path,
            'tree': leaf.tree,
            'text': crm_segmentation.rule_in_words(leaf.tree),
        }) -%}
    {%- endfor -%}
    {{ return({
        'base': rule.base,
        'tree': rule.tree,
        'hash': rule.hash,
        'text': crm_segmentation.rule_in_words(rule.tree),
        'leaves': leaves,
    }) }}
{% endmacro %}

{#
    Stands in place of profile() in the text of a profile's file of another commit, so
    that what is around the rule there is read, too. Gives the comparison with the
    profile of that name in the working tree, and nothing where both rules are one.

    | argument | meaning                                                         |
    |----------|-----------------------------------------------------------------|
    | compared | {name, members}: the profile, and the SQL of its members where  |
    |          | the other commit's macros have rendered it, or none             |
    | base, label | as for profile()                                             |
#}
{% macro compare_with_published(compared, base='accounts', label=none) %}
    {%- if not execute -%}
        {{ return('') }}
    {%- endif -%}
    {%- set published = crm_segmentation.published_profiles() -%}
    {%- set relations = crm_segmentation.all_relations() -%}
    {#- what it names may be gone: then this one is told of, and all others are compared -#}
    {%- set errors = [] -%}
    {%- if base not in relations -%}
        {%- do errors.append("a base that is not there: got '" ~ base ~ "'") -%}
    {%- endif -%}
    {%- set old = crm_segmentation.read_rule(
        caller(), base, compared.name, relations, errors=errors
    ) -%}
    {%- set old = none if errors else old -%}
    {%- set new = none -%}
    {%- if compared.name in published -%}
        {%- set entry = published[compared.name] -%}
        {%- set new = crm_segmentation.read_rule(
            entry.tree, entry.base, compared.name, relations
        ) -%}
    {%- endif -%}
    {%- if new is not none and old is not none and new.hash == old.hash
        and compared.members is none -%}
        {{ return('') }}
    {%- endif -%}
    {{- crm_segmentation.compare_rules(
        compared.name, old, new, compared.members, errors
    ) }}
union all
{% endmacro %}

{# The same for a profile that the other commit does not have. #}
{% macro compare_with_nothing(profile) %}
    {%- if not execute -%}
        {{ return('') }}
    {%- endif -%}
    {{- crm_segmentation.compare_rules(
        profile, none, crm_segmentation.read_published_rule(profile)
    ) }}
union all
{% endmacro %}

{# The last branch of the union: the columns, and no row. #}
{% macro compared_nothing() -%}
select
    cast(null as text) as profile_name,
    cast(null as text) as part,
    cast(null as text) as detail,
    cast(null as text) as old_mask,
    cast(null as text) as new_mask,
    false as was_member,
    false as is_member,
    0 as account_count,
    cast(null as text) as account_id
where 1 = 0
{%- endmacro %}

{# Name of every model, seed and snapshot -> its relation: another rule may read others. #}
{% macro all_relations() %}
    {%- set relations = {} -%}
    {%- for node in graph.nodes.values()
        if node.resource_type in ['model', 'seed', 'snapshot'] -%}
        {%- do relations.update({node.name: node.relation_name}) -%}
    {%- endfor -%}
    {{ return(relations) }}
{% endmacro %}
