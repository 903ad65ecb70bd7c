-- The columns of account_attributes are its key and exactly the attributes that the
-- catalogue says it holds.
{%- set expected = ['account_id', 'as_of_date'] %}
{%- for name, attribute in crm_segmentation.attribute_catalog().items()
    if attribute.model == 'account_attributes' %}
    {%- set parts = ['_lat', '_lon'] if attribute.type == 'point' else [''] %}
    {%- for part in parts %}
        {%- do expected.append(attribute.column ~ part) %}
    {%- endfor %}
{%- endfor %}
{%- set relation = ref('account_attributes') %}
{%- set found = [] %}
{%- if execute %}
    {%- for column in adapter.get_columns_in_relation(relation) %}
        {%- do found.append(column.name) %}
    {%- endfor %}
{%- else %}
    {%- set found = expected %}
{%- endif %}
{%- set wrong = found | reject('in', expected) | list
    + expected | reject('in', found) | list %}
{%- if wrong %}
{%- for name in wrong %}
{{ 'union all' if not loop.first }}
select '{{ name }}' as column_name
{%- endfor %}
{%- else %}
select account_id as column_name from {{ relation }}
where 1 = 0
{%- endif %}
