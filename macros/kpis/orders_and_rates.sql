{#
    SQL: who placed an ERP order, as a record of int_account_keys of the source erp:
    its record_type and its record_key. `orders` is the name of a relation with the
    columns order_id, erp_customer_id and guest_email.
#}
{% macro order_party_type(orders) %}
    {{- return(
        "case when " ~ orders ~ ".erp_customer_id is null then 'guest' "
        ~ "else 'customer' end"
    ) -}}
{% endmacro %}

{#- A guest without an e-mail address is a stranger at every order. -#}
{% macro order_party_key(orders) %}
    {{- return(
        "coalesce(\n                " ~ orders ~ ".erp_customer_id,\n                "
        ~ crm_segmentation.fold(orders ~ '.guest_email') ~ ",\n                "
        ~ "'order:' || " ~ orders ~ ".order_id\n            )"
    ) -}}
{% endmacro %}

{# SQL: whether a row of int_exchange_rates_spanned, as `rates`, is a currency's on a day. #}
{% macro is_rate_of(rates, currency, day) %}
    {{- return(
        crm_segmentation.upper_code(currency) ~ "\n            = " ~ rates
        ~ ".currency_code\n            and " ~ day ~ " >= " ~ rates ~ ".valid_from"
        ~ "\n            and (\n                " ~ rates ~ ".valid_to is null"
        ~ "\n                or " ~ day ~ " < " ~ rates ~ ".valid_to\n            )"
    ) -}}
{% endmacro %}

{#
    The currency of all amounts in marts. Errors: a setting that is no code of
    ISO 4217, three capital letters.
#}
{% macro reporting_currency() %}
    {%- set currency = crm_segmentation.setting('reporting_currency') -%}
    {%- if currency is not string
        or not modules.re.match('^[A-Z]{3}\\Z', currency) -%}
        {{ exceptions.raise_compiler_error(
            "Wrong currency in var 'reporting_currency': got '" ~ currency
            ~ "'; allowed: a code of ISO 4217 in capitals, like EUR. Correct the var."
        ) }}
    {%- endif -%}
    {{ return(currency) }}
{% endmacro %}
