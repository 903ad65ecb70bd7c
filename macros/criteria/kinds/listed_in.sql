{#
    Kind 34: is the account on a list that people keep? A list of lists means any.

        listed_in: trade_fair_invitees

    Accounts are compared exactly. A list is a seed, or a model, with the column
    account_id, named in the setting `account_lists`; a data test of the list finds
    ids that no account has.
#}
{% macro read_listed_in(context, given, path) %}
    {%- set names = crm_segmentation.read_names(context, given, path, 'list') -%}
    {%- if names is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set lists = crm_segmentation.account_lists() -%}
    {%- set before = context.errors | length -%}
    {%- for name in names if name is not string or name not in lists -%}
        {%- set near = crm_segmentation.did_you_mean(name, lists) -%}
        {%- do crm_segmentation.rule_error(
            context,
            path ~ ('[' ~ names.index(name) ~ ']' if names is sameas given else ''),
            'not a list of accounts', name, lists | sort or 'none is declared',
            near ~ (' ' if near else '') ~ "Name a seed with the column account_id in "
            ~ "var 'account_lists'."
        ) -%}
    {%- endfor -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set name = crm_segmentation.accounts_of_any(context, 'list', names) -%}
    {{ return({
        'tree': {'listed_in': names},
        'sql': name ~ '.account_id is not null',
        'not_sql': name ~ '.account_id is null',
        'atomic': true,
    }) }}
{% endmacro %}

{#
    The lists of accounts that a rule may name: the setting `account_lists`.
    Errors: a name that no model can have.
#}
{% macro account_lists() %}
    {%- set names = crm_segmentation.setting('account_lists') -%}
    {%- set pattern = '^' ~ crm_segmentation.value_limits().name.pattern ~ '\\Z' -%}
    {%- for name in names if name is not string or not modules.re.match(pattern, name) -%}
        {{ exceptions.raise_compiler_error(
            "Not the name of a list in var 'account_lists': got '" ~ name
            ~ "'; allowed: names of seeds or models with a column account_id."
        ) }}
    {%- endfor -%}
    {{ return(names | unique | list) }}
{% endmacro %}
