{#
    The catalogue: every attribute that a rule may ask, in the order in which the
    documentation lists them, as a dict of name to declaration.

    | key           | meaning                                                  |
    |---------------|----------------------------------------------------------|
    | type          | text, number, boolean, date, timestamp, values or point  |
    | sql_type      | column type, the same name on every engine               |
    | label, description, group, unit | for people; unit may be none           |
    | model         | the model that holds it: one row per account_id, or, for |
    |               | type values, (account_id, attribute, value)              |
    | column        | its column there; a point has <column>_lat, <column>_lon |
    | point_in_time | whether it is exact when a past day is built             |
    | nullable      | whether it may be NULL                                   |
    | allowed       | the allowed values, or none for any                      |
    | protected     | whether no fit may use it unless its declaration says why |
    | identifying   | whether it says who or where somebody is: never sampled  |

    It is a macro, since rules are rendered when dbt parses and inside unit tests,
    where no table can be read. An installing project adds attributes by the
    global var `extra_attributes`, a dict of the same shape; `type`, `label` and
    `description` are required there, and `model` but for type values.

    Errors: a bad name, an unknown key, type or group, a missing key, allowed values
    that are no texts, a name declared twice; all of them together.
#}
{% macro attribute_catalog() %}
    {{ return(
        crm_segmentation.kept_for_run('attribute_catalog')
        or crm_segmentation.keep_for_run(
            'attribute_catalog', crm_segmentation.build_attribute_catalog()
        )
    ) }}
{% endmacro %}

{% macro build_attribute_catalog() %}
    {%- set catalog = {} -%}
    {%- set problems = [] -%}
    {%- set origins = [
        ['the base attributes', crm_segmentation.base_attributes()],
        ['the clusterings', crm_segmentation.cluster_attributes()],
        ['the marketing attributes', crm_segmentation.marketing_attributes()],
        ['the KPIs', crm_segmentation.kpi_attributes()],
        ["var 'objectives'", crm_segmentation.objective_attributes()],
        ["var 'extra_attributes'", crm_segmentation.setting('extra_attributes')]
    ] -%}
    {%- for origin, declarations in origins -%}
        {%- set is_extra = loop.last -%}
        {%- for name, declaration in declarations.items() -%}
            {%- set wrong = crm_segmentation.attribute_problems(
                name, declaration, catalog, is_extra
            ) -%}
            {%- for problem in wrong -%}
                {%- do problems.append(problem | replace('<where>', origin)) -%}
            {%- else -%}
                {%- do catalog.update({
                    name: crm_segmentation.complete_attribute(name, declaration)
                }) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(
            'The attribute catalogue has ' ~ problems | length
            ~ ' error(s):\n- ' ~ problems | join('\n- ')
        ) }}
    {%- endif -%}
    {{ return(catalog) }}
{% endmacro %}

{# SQL type that an attribute has if its declaration names none. #}
{% macro default_sql_types() %}
    {{ return({
        'text': 'text',
        'number': 'decimal(18, 2)',
        'boolean': 'boolean',
        'date': 'date',
        'timestamp': 'timestamp',
        'values': 'text',
        'point': 'decimal(9, 6)',
    }) }}
{% endmacro %}

{% macro attribute_groups() %}
    {{ return([
        'demographic', 'firmographic', 'psychographic', 'marketing', 'timing',
        'behaviour', 'value', 'scores', 'custom'
    ]) }}
{% endmacro %}

{# Words of the criteria language, and the key columns, which no attribute may take. #}
{% macro reserved_attribute_names() %}
    {{ return([
        'all', 'any', 'not', 'at_least', 'at_most', 'exactly',
        'trend', 'event', 'first_event', 'last_event', 'stopped', 'restarted',
        'regular', 'sequence', 'abandoned', 'usual', 'related', 'member_of',
        'was_member', 'entered', 'left', 'moved', 'changed', 'points', 'bucket',
        'contactable', 'listed_in', 'sql', 'account_id', 'as_of_date'
    ]) }}
{% endmacro %}

{# What is wrong with one declaration, as a list of texts; `<where>` stands for
   the place. #}
{% macro attribute_problems(name, declaration, catalog, is_extra) %}
    {%- set problems = [] -%}
    {%- set types = crm_segmentation.default_sql_types() -%}
    {%- set keys = [
        'type', 'sql_type', 'label', 'description', 'group', 'unit', 'model',
        'column', 'point_in_time', 'nullable', 'allowed', 'protected',
        'identifying'
    ] -%}
    {%- set named = "'" ~ name ~ "'" -%}
    {%- set reserved = crm_segmentation.reserved_attribute_names() -%}
    {%- if not modules.re.match('^[a-z][a-z0-9_]*\\Z', name | string)
        or name | length > 63 -%}
        {%- do problems.append(
            'Bad attribute name in <where>: got ' ~ named ~ '; allowed: a small '
            ~ 'letter, then small letters, digits and _, 63 at most. Rename it.'
        ) -%}
    {%- elif name in reserved -%}
        {%- do problems.append(
            'Attribute named as a word of the criteria language in <where>: got '
            ~ named ~ '; allowed: any name but ' ~ reserved | join(', ')
            ~ '. Rename it.'
        ) -%}
    {%- elif name in catalog -%}
        {%- do problems.append(
            'Attribute declared twice in <where>: got ' ~ named ~ '; allowed: '
            ~ 'a name that no other attribute has. Rename it.'
        ) -%}
    {%- endif -%}
    {%- if declaration is not mapping -%}
        {%- do problems.append(
            'No declaration of attribute ' ~ named ~ ' in <where>: got '
            ~ declaration ~ '; allowed: a mapping with ' ~ keys | join(', ') ~ '.'
        ) -%}
        {{ return(problems) }}
    {%- endif -%}
    {%- for key in declaration if key not in keys -%}
        {%- do problems.append(
            'Unknown key of attribute ' ~ named ~ " in <where>: got '" ~ key
            ~ "'; allowed: " ~ keys | join(', ') ~ '. Remove or rename it.'
        ) -%}
    {%- endfor -%}
    {%- set type = declaration.get('type') -%}
    {%- if type not in types -%}
        {%- do problems.append(
            'Unknown type of attribute ' ~ named ~ " in <where>: got '" ~ type
            ~ "'; allowed: " ~ types.keys() | join(', ') ~ '.'
        ) -%}
    {%- endif -%}
    {%- set groups = crm_segmentation.attribute_groups() -%}
    {%- if declaration.get('group', 'custom') not in groups -%}
        {%- do problems.append(
            'Unknown group of attribute ' ~ named ~ " in <where>: got '"
            ~ declaration.group ~ "'; allowed: " ~ groups | join(', ') ~ '.'
        ) -%}
    {%- endif -%}
    {%- for key in ['protected', 'identifying', 'nullable', 'point_in_time']
        if declaration.get(key, false) is not boolean -%}
        {%- do problems.append(
            'Not a switch of attribute ' ~ named ~ ' in <where>, ' ~ key
            ~ ": got '" ~ declaration[key] ~ "'; allowed: true, false."
        ) -%}
    {%- endfor -%}
    {%- for key in ['model', 'column'] if key in declaration
        and not modules.re.match('^[A-Za-z_][A-Za-z0-9_]*\\Z', declaration[key] | string) -%}
        {%- do problems.append(
            'Bad name of a ' ~ key ~ ' of attribute ' ~ named ~ " in <where>: got '"
            ~ declaration[key] ~ "'; allowed: letters, digits and _, no digit first."
        ) -%}
    {%- endfor -%}
    {%- set given = declaration.get('allowed') -%}
    {%- if is_extra and given is not none -%}
        {%- set is_list = given is sequence and given is not string
            and given is not mapping -%}
        {%- if not is_list or not given or type not in ['text', 'values'] -%}
            {%- do problems.append(
                'Not a list of texts of attribute ' ~ named ~ " in <where>, allowed: got '"
                ~ given ~ "'; allowed: a list like [gold, silver], of an attribute of "
                ~ 'type text or values. Leave it away where any value may be.'
            ) -%}
        {%- endif -%}
        {%- for value in (given if is_list else [])
            if value is not string or not value | trim -%}
            {%- do problems.append(
                'Not a text among the values of attribute ' ~ named
                ~ ' in <where>, allowed: got ' ~ crm_segmentation.show_value(value)
                ~ '; allowed: texts. Put it in quotes: YAML reads NO, yes, 01067 and '
                ~ '2024-01-31 as no texts.'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set required = ['label', 'description'] -%}
    {%- if is_extra and type != 'values' -%}
        {%- do required.append('model') -%}
    {%- endif -%}
    {%- for key in required if not declaration.get(key) -%}
        {%- do problems.append(
            'Missing key of attribute ' ~ named ~ " in <where>: got no '" ~ key
            ~ "'; allowed: a text. Add it."
        ) -%}
    {%- endfor -%}
    {{ return(problems) }}
{% endmacro %}

{# A declaration with every key of the catalogue. #}
{% macro complete_attribute(name, declaration) %}
    {%- set is_values = declaration.type == 'values' -%}
    {{ return({
        'type': declaration.type,
        'sql_type': declaration.get(
            'sql_type', crm_segmentation.default_sql_types()[declaration.type]
        ),
        'label': declaration.label,
        'group': declaration.get('group', 'custom'),
        'description': declaration.description,
        'unit': declaration.get('unit'),
        'model': declaration.get(
            'model',
            'account_attribute_values' if is_values else 'account_attributes'
        ),
        'column': declaration.get('column', name),
        'point_in_time': declaration.get('point_in_time', false),
        'nullable': declaration.get('nullable', true),
        'allowed': declaration.get('allowed'),
        'protected': declaration.get('protected', false),
        'identifying': declaration.get('identifying', false),
    }) }}
{% endmacro %}

{# Every KPI column as an attribute: ours are columns of `account_attributes`,
   those of an installing project stay in its own model. #}
{% macro kpi_attributes() %}
    {%- set attributes = {} -%}
    {%- for column in crm_segmentation.kpi_columns() -%}
        {%- do attributes.update({column.column: {
            'type': column.type,
            'sql_type': column.sql_type,
            'label': column.label,
            'group': column.kpi.group,
            'description': column.description,
            'unit': column.unit,
            'model': 'account_attributes' if column.kpi.scope == 'own'
                else column.kpi.model,
            'point_in_time': column.kpi.point_in_time,
        }}) -%}
    {%- endfor -%}
    {{ return(attributes) }}
{% endmacro %}

{# Attributes of the seed of marketing attributes that are columns. #}
{% macro declared_value_columns() %}
    {%- set names = [] -%}
    {%- for name, attribute in crm_segmentation.marketing_attributes().items()
        if attribute.type != 'values' -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {{ return(names) }}
{% endmacro %}

{# For `dbt run-operation`: the catalogue as one line of JSON. #}
{% macro print_attribute_catalog() %}
    {% do print('attribute_catalog: '
        ~ tojson(crm_segmentation.attribute_catalog())) %}
{% endmacro %}
