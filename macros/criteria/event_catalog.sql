{#
    The events that a rule may ask for: name -> {model, label, description, columns}.
    A model of events has one row per event_id and the columns account_id, event_id,
    event_name, occurred_at, loaded_at, and those named here. Their types are text,
    number, boolean, date or timestamp. An installing project adds its own by the
    global var `extra_events`, in the same shape.
#}
{% macro event_catalog() %}
    {{ return(
        crm_segmentation.kept_for_run('event_catalog')
        or crm_segmentation.keep_for_run(
            'event_catalog', crm_segmentation.build_event_catalog()
        )
    ) }}
{% endmacro %}

{% macro build_event_catalog() %}
    {%- set order = {
        'order_id': 'text', 'channel': 'text', 'net_amount': 'number',
        'profit_amount': 'number', 'is_cancelled': 'boolean',
    } -%}
    {%- set product = {'product_id': 'text', 'category': 'text', 'subcategory': 'text'} -%}
    {%- set page = dict(product, channel='text') -%}
    {%- set campaign = {'campaign_id': 'text', 'channel': 'text', 'detail': 'text'} -%}
    {%- set catalog = {} -%}
    {%- for name, label, description, columns in [
        ('order', 'Order', 'One row per order; net_amount is the sum of its lines', order),
        ('order_line', 'Order line', 'One row per line of an order',
            dict(order, quantity='number', **product)),
        ('return', 'Return', 'One row per returned line, at its own time; quantity '
            ~ 'and amounts are what was given back, positive; detail is the reason',
            dict(order, quantity='number', detail='text', **product)),
        ('visit', 'Web visit', 'One row per visit of the web site', page),
        ('portal_login', 'Portal login', 'One row per login to the portal', page),
        ('product_view', 'Product view', 'One row per product page seen', page),
        ('checkout', 'Checkout', 'One row per checkout begun',
            dict(page, cart_id='text')),
        ('quote', 'Quote', 'One row per quote asked for', dict(page, cart_id='text')),
        ('newsletter_signup', 'Newsletter sign-up', 'One row per sign-up', page),
        ('campaign_contact', 'Campaign contact',
            'One row per account that a campaign reached; detail is the arm', campaign),
        ('campaign_response', 'Campaign response',
            'One row per response; detail is open, click, reply or order', campaign),
        ('service_interaction', 'Service interaction',
            'One row per case opened with the service',
            {'channel': 'text', 'topic': 'text', 'detail': 'text'}),
        ('survey_answer', 'Survey answer', 'One row per answer; topic is the question',
            {'topic': 'text', 'detail': 'text'}),
        ('feedback', 'Feedback', 'One row per score given; topic is nps or csat',
            {'topic': 'text', 'score': 'number'}),
    ] -%}
        {%- do catalog.update({name: {
            'model': 'int_activity',
            'label': label,
            'description': description,
            'columns': columns,
        }}) -%}
    {%- endfor -%}
    {%- set extra = crm_segmentation.setting('extra_events') -%}
    {%- if extra -%}
        {%- do crm_segmentation.check_extra_rows(
            'extra_events', extra, catalog, 'an event'
        ) -%}
        {%- do catalog.update(extra) -%}
    {%- endif -%}
    {{ return(catalog) }}
{% endmacro %}
