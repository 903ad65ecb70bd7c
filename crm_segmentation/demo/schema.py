"""The raw tables as the three sources deliver them: names, columns, and the primary keys."""

from __future__ import annotations

LOADED_AT = "_loaded_at"

_COLUMNS: dict[str, str] = {
    "crm.accounts": (
        "account_no type name first_name last_name birth_date gender email phone website"
        " street postal_code city region country latitude longitude tax_id industry employees"
        " annual_revenue tier owner_name language household_id partner parent_account_no"
        " merged_into erp_customer_no created_at"
    ),
    "crm.contacts": (
        "contact_no account_no first_name last_name email phone role is_primary birth_date"
        " created_at"
    ),
    "crm.leads": (
        "lead_no first_name last_name company email phone country status lead_source"
        " converted_account_no created_at"
    ),
    "crm.marketing_attributes": "account_no attribute value updated_at",
    "crm.consents": (
        "consent_id channel contact_point account_no purpose status occurred_at expires_at"
    ),
    "crm.suppressions": "suppression_id channel contact_point reason occurred_at",
    "crm.campaigns": "campaign_id name channel purpose starts_on ends_on cost currency",
    "crm.campaign_contacts": "contact_event_id campaign_id account_no arm contacted_at",
    "crm.campaign_responses": "response_id campaign_id account_no response_type responded_at",
    "crm.service_interactions": (
        "interaction_id account_no channel topic priority status opened_at closed_at"
    ),
    "crm.survey_answers": "answer_id survey account_no question answer answered_at",
    "crm.feedback_scores": "feedback_id account_no kind score given_at",
    "crm.contracts": (
        "contract_id account_no contract_type starts_on renews_on ends_on annual_amount"
        " currency status"
    ),
    "erp.customers": (
        "customer_no name email phone street postal_code city country tax_id customer_group"
        " credit_limit currency crm_account_no created_at"
    ),
    "erp.orders": "order_no customer_no email ordered_at status cancelled_at channel currency",
    "erp.order_lines": "line_id order_no product_no quantity net_amount cost",
    "erp.returns": "return_id order_no line_id quantity net_amount returned_at reason",
    "erp.products": "product_no name category subcategory unit_price currency",
    "erp.exchange_rates": "from_currency to_currency rate_date rate",
    "web.events": (
        "event_id visitor_id user_email customer_no event_name product_no cart_id url occurred_at"
    ),
}

TABLES: dict[str, tuple[str, ...]] = {
    table: (*columns.split(), LOADED_AT) for table, columns in _COLUMNS.items()
}

ROW_MEANINGS: dict[str, str] = {
    "crm.accounts": "account of the CRM",
    "crm.contacts": "contact of the CRM, most of them of a company",
    "crm.leads": "lead",
    "crm.marketing_attributes": "account, marketing attribute and value",
    "crm.consents": "consent given or withdrawn, for a contact point and a purpose",
    "crm.suppressions": "contact point that must not be used any more",
    "crm.campaigns": "campaign",
    "crm.campaign_contacts": "account that a campaign contacted or held out",
    "crm.campaign_responses": "answer to a campaign",
    "crm.service_interactions": "service case",
    "crm.survey_answers": "question of a survey that an account answered",
    "crm.feedback_scores": "score that an account gave",
    "crm.contracts": "contract",
    "erp.customers": "customer of the ERP",
    "erp.orders": "order or credit note",
    "erp.order_lines": "line of an order",
    "erp.returns": "returned part of an order line",
    "erp.products": "product",
    "erp.exchange_rates": "pair of currencies and day on which its rate changed",
    "web.events": "event on the web site or in the portal",
}

PRIMARY_KEYS: dict[str, tuple[str, ...]] = {
    table: {
        "crm.marketing_attributes": ("account_no", "attribute", "value"),
        "erp.exchange_rates": ("from_currency", "to_currency", "rate_date"),
    }.get(table, columns[:1])
    for table, columns in TABLES.items()
}


def seed_name(table: str) -> str:
    """The seed of a raw table: `erp.orders` lies in `raw_erp__orders`."""
    source, name = table.split(".")
    return f"raw_{source}__{name}"
