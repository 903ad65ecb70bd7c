{#
    The relations that a rule may ask of an account: name -> {model, label,
    description, columns}. A model of a relation has one row per related thing, as
    it is at as_of_date, with the columns account_id and those named here. Their
    types are text, number, boolean, date or timestamp. An installing project adds
    its own by the global var `extra_relations`, in the same shape.
#}
{% macro relation_catalog() %}
    {%- set catalog = {
        'contacts': {
            'model': 'contacts',
            'label': 'Contacts',
            'description': 'One row per person that the CRM knows at the account',
            'columns': {
                'role': 'text', 'is_primary': 'boolean', 'has_email': 'boolean',
                'has_phone': 'boolean', 'created_on': 'date',
            },
        },
        'contracts': {
            'model': 'contracts',
            'label': 'Contracts',
            'description': 'One row per contract of the account, ended ones too; the '
                ~ 'amount is in the currency of the contract',
            'columns': {
                'contract_type': 'text', 'status': 'text', 'is_running': 'boolean',
                'starts_on': 'date', 'renews_on': 'date', 'ends_on': 'date',
                'annual_amount': 'number', 'currency_code': 'text',
            },
        },
    } -%}
    {%- set extra = crm_segmentation.setting('extra_relations') -%}
    {%- if extra -%}
        {%- do crm_segmentation.check_extra_rows(
            'extra_relations', extra, catalog, 'a relation'
        ) -%}
        {%- do catalog.update(extra) -%}
    {%- endif -%}
    {{ return(catalog) }}
{% endmacro %}

{#
    Errors: all that is wrong with a var that declares tables of rows, together.

    | argument | meaning                                     |
    |----------|---------------------------------------------|
    | var_name | the var: extra_events, extra_relations      |
    | extra    | its value                                   |
    | catalog  | what the package declares itself            |
    | what     | what a name in it is: an event, a relation  |
#}
{% macro check_extra_rows(var_name, extra, catalog, what) %}
    {%- set problems = [] -%}
    {%- set name_pattern = '^[a-z][a-z0-9_]{0,62}\\Z' -%}
    {%- set types = ['text', 'number', 'boolean', 'date', 'timestamp'] -%}
    {%- set keys = ['model', 'label', 'description', 'columns'] -%}
    {%- set reserved = crm_segmentation.tree_words()
        + crm_segmentation.leaf_kinds().keys() | list -%}
    {%- for name, entry in (extra.items() if extra is mapping else []) -%}
        {%- if not modules.re.match(name_pattern, name | string) -%}
            {%- do problems.append(
                "bad name: got '" ~ name ~ "'; allowed: small letters, digits and _, "
                ~ 'a letter first, 63 at most'
            ) -%}
        {%- elif name in catalog -%}
            {%- do problems.append(
                name ~ ' is ' ~ what ~ ' of the package; choose another name'
            ) -%}
        {%- endif -%}
        {%- for key in ['model', 'columns'] if entry is not mapping or key not in entry -%}
            {%- do problems.append(name ~ ' lacks ' ~ key) -%}
        {%- endfor -%}
        {%- for key in (entry if entry is mapping else []) if key not in keys -%}
            {%- do problems.append(
                name ~ ": unknown key: got '" ~ key ~ "'; allowed: " ~ keys | join(', ')
            ) -%}
        {%- endfor -%}
        {%- for column, type in (entry.columns.items()
            if entry is mapping and entry.columns is mapping else []) -%}
            {%- if not modules.re.match(name_pattern, column | string)
                or column in reserved -%}
                {%- do problems.append(
                    name ~ ": bad column name: got '" ~ column
                    ~ "'; allowed: small letters, digits and _, no word of the language"
                ) -%}
            {%- endif -%}
            {%- if type not in types -%}
                {%- do problems.append(
                    name ~ '.' ~ column ~ ": unknown type: got '" ~ type
                    ~ "'; allowed: " ~ types | join(', ')
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {%- do problems.append('it is no mapping of names to declarations') -%}
    {%- endfor -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(
            "var '" ~ var_name ~ "' has " ~ problems | length ~ ' error(s):\n- '
            ~ problems | join('\n- ')
        ) }}
    {%- endif -%}
{% endmacro %}
