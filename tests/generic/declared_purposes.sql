{#
    Purposes of consents that the setting `consent_purposes` does not name, so that no
    rule may ask for them; none where the setting is empty.
#}
{% test declared_purposes(model, column_name) %}
{{ config(severity='warn') }}
{%- set literals = [] -%}
{%- for purpose in crm_segmentation.setting('consent_purposes') -%}
    {%- do literals.append(
        crm_segmentation.text_literal(crm_segmentation.fold_text(purpose))
    ) -%}
{%- endfor %}

select {{ column_name }}
from {{ model }}
{%- if literals %}
where {{ column_name }} not in ({{ literals | join(', ') }})
{%- else %}
where 1 = 0
{%- endif %}
{% endtest %}
