{#
    The KPIs of the package. A new KPI is one line here (an installing project
    writes the same line into its global var `extra_kpis`).

    | key         | meaning                                                   |
    |-------------|-----------------------------------------------------------|
    | name        | column name; the window follows it: order_count_90d       |
    | label, description, unit | for people; the window is added to both      |
    | windows     | lengths in days or weeks ('30d', '12w') that end at the   |
    |             | as_of day, and 'all' for all visible history; without the |
    |             | key all five of default_kpi_windows(), [] for a KPI that  |
    |             | is over all history and has no suffix                     |
    | sql_type    | column type, if not that of its kind                      |
    | where       | {column: value} that every counted row has, or            |
    |             | {column: [values]}, of which it has one; columns are      |
    |             | those of kpi_dimensions()                                 |
    | prior       | of a ratio: two numbers, added to what is divided and to  |
    |             | what divides. With [1, 2] a share of one row is 1/3 or    |
    |             | 2/3 and not 0 or 1: it says as little as one row can      |
    | group       | group of the attribute: behaviour (default) or value      |

    and exactly one of these, its kind:

    | kind              | value                                              |
    |-------------------|----------------------------------------------------|
    | count: event      | rows of the event, or of each event of a list      |
    | orders: true      | orders that hold a line of `where: {category: ..}` |
    | sum: column       | quantity, net_amount or profit_amount over the     |
    |                   | events of the list `add`, less those of `less`     |
    | distinct: column  | different values of product_id or occurred_on over |
    |                   | the rows of the event `of`                         |
    | most_frequent: column | the value of a dimension on most rows of the   |
    |                   | event `of`; ties go to the smallest by bytes       |
    | days_since_last: event, days_since_first: event | local days        |
    | mean_interval: event | days between successive days with the event     |
    | ratio: [kpi, kpi] | first over second; NULL where the second is 0. Of  |
    |                   | money over a count: only what has an amount counts |
    | change_percent: kpi | against the window of the same length before;    |
    |                   | NULL where that is 0 or below                      |
    | days_until: event | days to the next declared day of a contract        |
#}
{% macro base_kpis() %}
    {%- set sold = ['order_line'] -%}
    {%- set returned = ['return'] -%}
    {{ return([
        {'name': 'order_count', 'count': 'order', 'label': 'Orders',
         'unit': 'orders', 'description': 'Orders placed and not cancelled'},
        {'name': 'revenue', 'sum': 'net_amount', 'add': sold, 'less': returned,
         'label': 'Revenue', 'description': 'Net amount of ordered lines less '
             ~ 'returns'},
        {'name': 'profit', 'sum': 'profit_amount', 'add': sold, 'less': returned,
         'label': 'Profit', 'description': 'Net amount less cost, less the profit '
             ~ 'that returns gave back; a line of unknown cost adds nothing'},
        {'name': 'return_count', 'count': 'return', 'label': 'Returns',
         'unit': 'returns', 'description': 'Returned lines, booked on the day of '
             ~ 'the return'},
        {'name': 'return_amount', 'sum': 'net_amount', 'add': returned,
         'label': 'Returned amount', 'description': 'Net amount given back for '
             ~ 'returns, as a positive amount'},
        {'name': 'item_count', 'sum': 'quantity', 'add': sold, 'less': returned,
         'label': 'Items', 'unit': 'units of the products',
         'description': 'Quantity ordered less quantity returned'},
        {'name': 'product_count', 'distinct': 'product_id', 'of': 'order_line',
         'label': 'Distinct products', 'unit': 'products',
         'description': 'Different products ordered'},
        {'name': 'average_order_value', 'ratio': ['revenue', 'order_count'],
         'label': 'Average order value', 'description': 'Revenue, net of returns, '
             ~ 'over orders of known amount; NULL without one'},
        {'name': 'revenue_change_percent', 'change_percent': 'revenue',
         'windows': ['30d', '90d', '180d', '365d'], 'group': 'value',
         'label': 'Change of revenue', 'description': 'Revenue against the window '
             ~ 'of the same length before; NULL where that is 0 or below'},
        {'name': 'days_since_last_order', 'days_since_last': 'order',
         'label': 'Days since last order', 'description': 'Local days from the '
             ~ 'last order that is not cancelled; NULL without one'},
        {'name': 'days_since_first_order', 'days_since_first': 'order',
         'label': 'Days since first order', 'description': 'Local days from the '
             ~ 'first order that is not cancelled; NULL without one'},
        {'name': 'order_day_count', 'distinct': 'occurred_on', 'of': 'order',
         'windows': ['all'], 'label': 'Order days', 'unit': 'days',
         'description': 'Different local days with an order that is not cancelled; '
             ~ 'orders of one day count once'},
        {'name': 'purchase_interval_days', 'mean_interval': 'order',
         'label': 'Purchase interval', 'description': 'Mean days between '
             ~ 'successive days with an order; NULL below two such days'},
        {'name': 'preferred_category', 'most_frequent': 'category',
         'of': 'order_line', 'windows': [], 'label': 'Preferred category',
         'description': 'Product category of most order lines, ties by bytes; '
             ~ 'NULL without one'},
        {'name': 'visit_count', 'count': 'visit', 'label': 'Web visits',
         'unit': 'visits', 'description': 'Visits of the web site'},
        {'name': 'web_session_count', 'count': ['visit', 'portal_login'],
         'windows': ['365d', 'all'], 'label': 'Web sessions', 'unit': 'sessions',
         'description': 'Visits of the web site and logins to the portal'},
        {'name': 'web_order_count', 'count': 'order', 'where': {'channel': 'web'},
         'windows': ['365d', 'all'], 'label': 'Orders on the web',
         'unit': 'orders', 'description': 'Orders of the channel web'},
        {'name': 'web_order_share', 'ratio': ['web_order_count', 'order_count'],
         'windows': ['365d', 'all'], 'sql_type': 'decimal(9, 6)',
         'unit': 'share, 0 to 1', 'label': 'Share of orders on the web',
         'description': 'Orders of the channel web over all orders; NULL without '
             ~ 'one'},
        {'name': 'order_line_count', 'count': 'order_line',
         'windows': ['365d', 'all'], 'label': 'Order lines', 'unit': 'lines',
         'description': 'Lines of orders that are not cancelled'},
        {'name': 'campaign_contact_count', 'count': 'campaign_contact',
         'where': {'detail': 'treatment'}, 'label': 'Campaign contacts',
         'unit': 'contacts', 'description': 'Contacts by campaigns; control groups '
             ~ 'were not contacted and do not count'},
        {'name': 'campaign_response_count', 'count': 'campaign_response',
         'label': 'Campaign responses', 'unit': 'responses',
         'description': 'Responses to campaigns: opens, clicks, replies, orders'},
        {'name': 'service_interaction_count', 'count': 'service_interaction',
         'label': 'Service interactions', 'unit': 'interactions',
         'description': 'Service interactions opened'},
        {'name': 'days_until_renewal', 'days_until': 'contract_renewal',
         'label': 'Days until renewal', 'description': 'Days to the next renewal '
             ~ 'of a running contract that is not cancelled, 0 on the day itself; '
             ~ 'NULL without one'},
    ]) }}
{% endmacro %}

{#
    The KPIs of the setting `kpi_categories`: two for every category, and two for
    every group of categories, {name: Wear parts, categories: [Filters, Seals]}. What
    is not declared there has no column, whatever today's rows hold: columns never
    come from data.
#}
{% macro category_kpis() %}
    {%- set kpis = [] -%}
    {%- for category in crm_segmentation.setting('kpi_categories') -%}
        {%- if category is mapping -%}
            {%- do kpis.extend(crm_segmentation.category_group_kpis(category)) -%}
        {%- else -%}
            {%- set slug = crm_segmentation.kpi_slug(category) -%}
            {%- set where = {'category': category} -%}
            {%- do kpis.append({
                'name': 'order_count_' ~ slug,
                'orders': true, 'where': where, 'unit': 'orders',
                'label': 'Orders with ' ~ category,
                'description': 'Orders that hold a line of the category ' ~ category,
            }) -%}
            {%- do kpis.append({
                'name': 'revenue_' ~ slug,
                'sum': 'net_amount', 'add': ['order_line'], 'less': ['return'],
                'where': where,
                'label': 'Revenue of ' ~ category,
                'description': 'Net amount of ordered lines of the category ' ~ category
                    ~ ', less returns',
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(kpis) }}
{% endmacro %}

{#
    The KPIs of a group of categories. Lines are counted, not orders: an order may
    hold lines of two categories of the group.
    Errors: other keys than name and categories, or no categories.
#}
{% macro category_group_kpis(group) %}
    {%- set categories = group.get('categories') -%}
    {%- if group.keys() | sort != ['categories', 'name'] or not categories
        or categories is string or categories is mapping
        or categories is not iterable or categories | reject('string') | list -%}
        {{ exceptions.raise_compiler_error(
            "No group of categories in var 'kpi_categories': got '" ~ group
            ~ "'; allowed: the name of a category, or {name: Wear parts, categories: "
            ~ "[Filters, Seals]}. Write the two keys."
        ) }}
    {%- endif -%}
    {%- set slug = crm_segmentation.kpi_slug(group.name) -%}
    {%- set lines = 'line_count_' ~ slug -%}
    {%- set listed = categories | join(', ') -%}
    {{ return([
        {'name': lines, 'count': 'order_line', 'where': {'category': categories},
         'windows': ['365d', 'all'], 'unit': 'lines',
         'label': 'Lines of ' ~ group.name,
         'description': 'Lines of orders of the categories ' ~ listed},
        {'name': 'line_share_' ~ slug, 'ratio': [lines, 'order_line_count'],
         'prior': [1, 2], 'windows': ['365d', 'all'],
         'sql_type': 'decimal(9, 6)', 'unit': 'share, 0 to 1',
         'label': 'Leaning to ' ~ group.name,
         'description': 'Share of order lines of the categories ' ~ listed
             ~ ', as if two more lines, one of them of these, had been ordered: who '
             ~ 'ordered little stays near one half; NULL without a line'},
    ]) }}
{% endmacro %}

{# A category's name as part of a column name: small letters, digits and _. #}
{% macro kpi_slug(text) %}
    {%- set slug = modules.re.sub('[^a-z0-9]+', '_', (text | string).lower()) -%}
    {%- set slug = modules.re.sub('^_+|_+$', '', slug) -%}
    {%- if not slug -%}
        {{ exceptions.raise_compiler_error(
            "No column name can be made of a category in var 'kpi_categories': got '"
            ~ text ~ "'; allowed: a name with at least one letter a to z or digit. "
            ~ "Declare its KPIs in var 'extra_kpis' under names of your own."
        ) }}
    {%- endif -%}
    {{ return(slug) }}
{% endmacro %}

{% macro default_kpi_windows() %}
    {{ return(['30d', '90d', '180d', '365d', 'all']) }}
{% endmacro %}

{# Columns of an event that `where` and `most_frequent` may name. #}
{% macro kpi_dimensions() %}
    {{ return([
        'category', 'subcategory', 'channel', 'campaign_id', 'topic', 'detail'
    ]) }}
{% endmacro %}

{# Kinds with the defaults of a column of theirs. #}
{% macro kpi_kinds() %}
    {%- set money = 'decimal(18, 2)' -%}
    {{ return({
        'count': {'type': 'number', 'sql_type': 'integer'},
        'orders': {'type': 'number', 'sql_type': 'integer'},
        'sum': {'type': 'number', 'sql_type': money},
        'distinct': {'type': 'number', 'sql_type': 'integer'},
        'most_frequent': {'type': 'text', 'sql_type': 'text'},
        'days_since_last': {
            'type': 'number', 'sql_type': 'integer', 'unit': 'days', 'windows': []
        },
        'days_since_first': {
            'type': 'number', 'sql_type': 'integer', 'unit': 'days', 'windows': []
        },
        'mean_interval': {
            'type': 'number', 'sql_type': money, 'unit': 'days', 'windows': []
        },
        'ratio': {'type': 'number', 'sql_type': money},
        'change_percent': {
            'type': 'number', 'sql_type': 'decimal(18, 4)', 'unit': 'percent'
        },
        'days_until': {
            'type': 'number', 'sql_type': 'integer', 'unit': 'days', 'windows': []
        },
    }) }}
{% endmacro %}

{#
    Every declared KPI in full, in the order of the columns. Keys beside those of
    the declaration: type, sql_type, windows, unit, group, kind, parts (the KPIs
    of a ratio or change), model (which holds the columns), scope and point_in_time
    (exact at a past day).

    | scope | which                                           |
    |-------|-------------------------------------------------|
    | all   | every one                                       |
    | own   | of base_kpis(): the columns of account_kpis     |
    | category | of the setting kpi_categories, where the demo company is on: the |
    |       | columns of account_category_kpis                |
    | extra | of the var extra_kpis and, in an installing project, of its |
    |       | kpi_categories: the columns of account_extra_kpis |

    They stand in models of their own since the contract of account_kpis is the same
    in every installation.

    Errors: an unknown or missing key, a bad name, window, kind or column, a
    column declared twice or longer than 63; all of them together.
#}
{% macro kpi_declarations(scope='all') %}
    {%- set kpis = crm_segmentation.kept_for_run('kpis')
        or crm_segmentation.keep_for_run(
            'kpis', crm_segmentation.build_kpi_declarations()
        ) -%}
    {{ return(
        kpis if scope == 'all'
        else kpis | selectattr('scope', 'equalto', scope) | list
    ) }}
{% endmacro %}

{% macro build_kpi_declarations() %}
    {%- set problems = [] -%}
    {%- set kpis = [] -%}
    {%- set events = crm_segmentation.event_catalog().keys() | list -%}
    {%- set origins = [
        ['base_kpis()', crm_segmentation.base_kpis(), 'own'],
        ["var 'kpi_categories'", crm_segmentation.category_kpis(),
            'category' if crm_segmentation.is_demo() else 'extra'],
        ["var 'extra_kpis'", crm_segmentation.setting('extra_kpis'), 'extra'],
    ] -%}
    {%- for origin, declarations, declared_scope in origins -%}
        {%- for declaration in declarations -%}
            {%- set wrong = crm_segmentation.kpi_problems(
                declaration, origin, kpis, events
            ) -%}
            {%- if wrong -%}
                {%- do problems.extend(wrong) -%}
            {%- else -%}
                {%- do kpis.append(
                    crm_segmentation.complete_kpi(declaration, declared_scope, kpis)
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set columns = [] -%}
    {#- Other kinds have helper columns that are named after theirs. -#}
    {%- set plain = [
        'count', 'orders', 'sum', 'days_since_last', 'days_since_first', 'days_until'
    ] -%}
    {%- for kpi in kpis -%}
        {%- set longest = 63 if kpi.kind in plain else 55 -%}
        {%- for window in kpi.windows or ['all'] -%}
            {%- set column = crm_segmentation.kpi_column(kpi, window) -%}
            {%- if column in columns -%}
                {%- do problems.append(
                    'Two KPIs make one column: got ' ~ column
                    ~ ' twice; allowed: a column once. Rename a KPI or a category.'
                ) -%}
            {%- elif column | length > longest -%}
                {%- do problems.append(
                    'Column of a KPI too long: got ' ~ column ~ ' with '
                    ~ column | length ~ ' characters; allowed: ' ~ longest ~ ' for '
                    ~ kpi.kind ~ ". Shorten the name of the KPI, or declare the "
                    ~ "category's KPIs in var 'extra_kpis' under shorter names."
                ) -%}
            {%- endif -%}
            {%- do columns.append(column) -%}
            {%- if kpi.kind in ['ratio', 'change_percent'] -%}
                {#- int_account_kpis keeps what it divides -#}
                {%- do columns.extend([column ~ '__above', column ~ '__below']) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if columns | length > 1598 -%}
        {%- do problems.append(
            'Too many columns of KPIs: got ' ~ columns | length ~ ', of which each '
            ~ 'ratio needs three; allowed: 1598, since a table of PostgreSQL has '
            ~ '1600 at most. Declare fewer KPIs, categories or windows.'
        ) -%}
    {%- endif -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(
            'The KPIs have ' ~ problems | length ~ ' error(s):\n- '
            ~ problems | join('\n- ')
        ) }}
    {%- endif -%}
    {{ return(kpis) }}
{% endmacro %}

{# A declaration with every key; `kpis` are those declared before it. #}
{% macro complete_kpi(declaration, scope, kpis) %}
    {%- set kinds = crm_segmentation.kpi_kinds() -%}
    {%- set kind = (kinds.keys() | select('in', declaration) | list)[0] -%}
    {%- set money = ['net_amount', 'profit_amount'] -%}
    {%- set is_money = declaration.get('sum') in money -%}
    {%- set named = declaration.ratio if kind == 'ratio'
        else [declaration.change_percent] if kind == 'change_percent' else [] -%}
    {%- set parts = [] -%}
    {%- for name in named -%}
        {%- do parts.append(kpis | selectattr('name', 'equalto', name) | first) -%}
    {%- endfor -%}
    {%- if kind == 'ratio' -%}
        {#- Money over a count is money; money over money is a plain number. -#}
        {%- set is_money = parts[0].get('sum') in money
            and parts[1].get('sum') not in money -%}
        {#- An order without a rate brings no revenue, so it must not divide any. -#}
        {%- if is_money and parts[1].kind == 'count' -%}
            {%- do parts.append(dict(parts.pop(), with_amount=true)) -%}
        {%- endif -%}
    {%- endif -%}
    {%- set kpi = {
        'windows': kinds[kind].get(
            'windows', crm_segmentation.default_kpi_windows()
        ),
        'unit': crm_segmentation.reporting_currency() if is_money
            else kinds[kind].get('unit'),
        'group': 'value' if is_money else 'behaviour',
        'type': kinds[kind].type,
        'sql_type': 'decimal(18, 3)' if declaration.get('sum') == 'quantity'
            else kinds[kind].sql_type,
        'add': [],
        'less': [],
        'where': {},
    } -%}
    {%- do kpi.update(declaration) -%}
    {%- do kpi.update({
        'kind': kind,
        'parts': parts,
        'scope': scope,
        'model': {
            'own': 'account_kpis',
            'category': 'account_category_kpis',
            'extra': 'account_extra_kpis',
        }[scope],
        'point_in_time': kind != 'days_until',
    }) -%}
    {{ return(kpi) }}
{% endmacro %}

{#
    What is wrong with one declaration, as a list of texts; `kpis` are those declared
    before it, `known` the events that there are.
#}
{% macro kpi_problems(declaration, origin, kpis, known) %}
    {%- set problems = [] -%}
    {%- if declaration is not mapping -%}
        {{ return([
            'No declaration of a KPI in ' ~ origin ~ ': got ' ~ declaration
            ~ '; allowed: a mapping with name, label, description and one kind.'
        ]) }}
    {%- endif -%}
    {%- set kinds = crm_segmentation.kpi_kinds() -%}
    {%- set name = declaration.get('name') | string -%}
    {%- set here = ' of KPI ' ~ name ~ ' in ' ~ origin -%}
    {%- set keys = [
        'name', 'label', 'description', 'unit', 'windows', 'sql_type', 'where',
        'group', 'add', 'less', 'of', 'prior'
    ] -%}
    {%- for key in declaration if key not in keys and key not in kinds -%}
        {%- do problems.append(
            "Unknown key" ~ here ~ ": got '" ~ key ~ "'; allowed: "
            ~ (keys + kinds.keys() | list) | join(', ') ~ '. Remove or rename it.'
        ) -%}
    {%- endfor -%}
    {%- for key in ['name', 'label', 'description'] if not declaration.get(key) -%}
        {%- do problems.append(
            'Missing key' ~ here ~ ": got no '" ~ key ~ "'; allowed: a text. Add it."
        ) -%}
    {%- endfor -%}
    {%- if not modules.re.match('^[a-z][a-z0-9_]*\\Z', name) -%}
        {%- do problems.append(
            "Bad name" ~ here ~ ": got '" ~ name ~ "'; allowed: a small letter, then "
            ~ 'small letters, digits and _. Rename it.'
        ) -%}
    {%- endif -%}
    {%- set given = kinds.keys() | select('in', declaration) | list -%}
    {%- if given | length != 1 -%}
        {%- do problems.append(
            'Not exactly one kind' ~ here ~ ': got '
            ~ (given | join(', ') or 'none') ~ '; allowed: one of '
            ~ kinds.keys() | join(', ') ~ '.'
        ) -%}
        {{ return(problems) }}
    {%- endif -%}
    {%- set kind = given[0] -%}
    {%- set value = declaration[kind] -%}
    {%- for window in declaration.get('windows', []) if window != 'all'
        and not modules.re.match('^[1-9][0-9]{0,3}[dw]\\Z', window | string) -%}
        {%- do problems.append(
            'Unknown window' ~ here ~ ": got '" ~ window ~ "'; allowed: days or weeks "
            ~ "like 30d or 12w, and all. Months and years differ in length."
        ) -%}
    {%- endfor -%}
    {%- if kind == 'change_percent' and 'all' in declaration.get(
        'windows', crm_segmentation.default_kpi_windows()
    ) -%}
        {%- do problems.append(
            'Unknown window' ~ here ~ ": got 'all'; allowed: days or weeks like 30d "
            ~ 'or 12w, since nothing lies before all history. Give its windows.'
        ) -%}
    {%- endif -%}
    {%- if 'windows' in kinds[kind] and declaration.get('windows') -%}
        {%- do problems.append(
            'Windows' ~ here ~ ': got ' ~ declaration.windows | join(', ')
            ~ '; allowed: none, since ' ~ kind ~ ' is over all history. Remove them.'
        ) -%}
    {%- endif -%}
    {%- set dimensions = crm_segmentation.kpi_dimensions() -%}
    {%- for column in declaration.get('where', {}) if column not in dimensions -%}
        {%- do problems.append(
            'Unknown column' ~ here ~ ", where: got '" ~ column ~ "'; allowed: "
            ~ dimensions | join(', ') ~ '.'
        ) -%}
    {%- endfor -%}
    {%- set choices = {
        'sum': ['quantity', 'net_amount', 'profit_amount'],
        'distinct': ['product_id', 'occurred_on'],
        'most_frequent': dimensions,
        'days_until': ['contract_renewal'],
        'ratio': none,
    }.get(kind) -%}
    {%- if choices and value not in choices -%}
        {%- do problems.append(
            'Unknown value of ' ~ kind ~ here ~ ": got '" ~ value ~ "'; allowed: "
            ~ choices | join(', ') ~ '.'
        ) -%}
    {%- endif -%}
    {%- set events = [] -%}
    {%- if kind == 'count' and value is not string and value is not mapping
        and value is iterable and value -%}
        {%- do events.extend(value) -%}
    {%- elif kind in ['count', 'days_since_last', 'days_since_first',
        'mean_interval'] -%}
        {%- do events.append(value) -%}
    {%- elif kind in ['distinct', 'most_frequent'] -%}
        {%- do events.append(declaration.get('of')) -%}
    {%- elif kind == 'sum' -%}
        {%- do events.extend(declaration.get('add', [])) -%}
        {%- do events.extend(declaration.get('less', [])) -%}
        {%- if not events -%}
            {%- do problems.append(
                'Missing events' ~ here ~ ": got neither 'add' nor 'less'; allowed: "
                ~ 'lists of events. Add one.'
            ) -%}
        {%- endif -%}
    {%- elif kind == 'orders'
        and (
            declaration.get('where', {}).keys() | list != ['category']
            or declaration['where'].category is not string
        ) -%}
        {%- do problems.append(
            'Missing category' ~ here ~ ': got where ' ~ declaration.get('where')
            ~ "; allowed: {category: ..} alone. Use count: order for all orders."
        ) -%}
    {%- endif -%}
    {%- for event in events if event not in known -%}
        {%- do problems.append(
            'Unknown event' ~ here ~ ": got '" ~ event ~ "'; allowed: "
            ~ known | join(', ') ~ '.'
        ) -%}
    {%- endfor -%}
    {%- set names = kpis | map(attribute='name') | list -%}
    {%- set needed = value if kind == 'ratio' and value is not string
        else [value] if kind in ['ratio', 'change_percent'] else [] -%}
    {%- if kind == 'ratio' and needed | length != 2 -%}
        {%- do problems.append(
            'Not two KPIs' ~ here ~ ', ratio: got ' ~ value
            ~ '; allowed: a list of two KPIs declared before it.'
        ) -%}
    {%- endif -%}
    {%- set prior = declaration.get('prior') -%}
    {%- if prior is not none and (
        kind != 'ratio' or prior is string or prior is mapping
        or prior is not iterable or prior | length != 2
        or prior | reject('number') | list or prior | select('boolean') | list
        or prior[0] < 0 or prior[1] <= 0
    ) -%}
        {%- do problems.append(
            'Bad prior' ~ here ~ ': got ' ~ prior ~ '; allowed: of a ratio, two '
            ~ 'numbers, the second one above 0: [1, 2].'
        ) -%}
    {%- endif -%}
    {%- for other in needed -%}
        {%- set found = kpis | selectattr('name', 'equalto', other) | list -%}
        {%- if not found or found[0].kind not in ['count', 'sum', 'orders'] -%}
            {%- do problems.append(
                'Unknown KPI' ~ here ~ ', ' ~ kind ~ ": got '" ~ other
                ~ "'; allowed: a count or sum declared before it: "
                ~ kpis | selectattr('kind', 'in', ['count', 'sum', 'orders'])
                    | map(attribute='name') | join(', ') ~ '.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if name in names -%}
        {%- do problems.append(
            'KPI declared twice in ' ~ origin ~ ': got ' ~ name
            ~ '; allowed: a name that no other KPI has. Rename it.'
        ) -%}
    {%- endif -%}
    {{ return(problems) }}
{% endmacro %}

{# Column of a KPI in a window. #}
{% macro kpi_column(kpi, window) %}
    {{ return(kpi.name ~ '_' ~ window if kpi.windows else kpi.name) }}
{% endmacro %}

{#
    Every column of the KPIs, in order: column, kpi (its declaration), window,
    label, description, unit, type, sql_type. What writes the contracts and the
    catalogue reads this.
#}
{% macro kpi_columns(scope='all') %}
    {%- set columns = crm_segmentation.kept_for_run('kpi_columns')
        or crm_segmentation.keep_for_run(
            'kpi_columns', crm_segmentation.build_kpi_columns()
        ) -%}
    {{ return(
        columns if scope == 'all'
        else columns | selectattr('kpi.scope', 'equalto', scope) | list
    ) }}
{% endmacro %}

{% macro build_kpi_columns() %}
    {%- set columns = [] -%}
    {%- for kpi in crm_segmentation.kpi_declarations() -%}
        {%- for window in kpi.windows or ['all'] -%}
            {%- if not kpi.windows -%}
                {%- set span = '' -%}
            {%- elif window == 'all' -%}
                {%- set span = ', all time' -%}
            {%- else -%}
                {%- set unit = 'days' if window[-1] == 'd' else 'weeks' -%}
                {%- set span = ', last ' ~ window[:-1] ~ ' ' ~ unit -%}
            {%- endif -%}
            {%- do columns.append({
                'column': crm_segmentation.kpi_column(kpi, window),
                'kpi': kpi,
                'window': window,
                'label': kpi.label ~ span,
                'description': kpi.description ~ '.'
                    ~ (' Window: ' ~ span[2:] ~ '.' if span else '')
                    ~ (' Unit: ' ~ kpi.unit ~ '.' if kpi.unit else ''),
                'unit': kpi.unit,
                'type': kpi.type,
                'sql_type': kpi.sql_type,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}
