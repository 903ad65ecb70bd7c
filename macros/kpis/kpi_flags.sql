{#
    The flags of the seed `kpi_flags` and of the seed that the setting
    `extra_kpi_flags` names, as a query: flag, label, kpi, kpi_window (NULL for a
    KPI over all history), operator, threshold, description, kpi_column.
#}
{% macro kpi_flag_definitions() %}
{%- set seeds = [ref('kpi_flags')] -%}
{%- set extra = crm_segmentation.setting('extra_kpi_flags') -%}
{%- if extra -%}
    {%- do seeds.append(ref(extra)) -%}
{%- endif -%}
{%- for seed in seeds %}
select
    cast(flag as text) as flag,
    cast(label as text) as label,
    cast(kpi as text) as kpi,
    cast(nullif({{ adapter.quote('window') }}, '') as text) as kpi_window,
    cast(operator as text) as operator,
    cast(threshold as decimal(18, 4)) as threshold,
    cast(description as text) as description,
    cast(
        kpi || coalesce('_' || nullif({{ adapter.quote('window') }}, ''), '') as text
    ) as kpi_column
from {{ seed }}
{{- '\nunion all' if not loop.last }}
{%- endfor %}
{% endmacro %}

{# Operators of flags and how SQL writes them. #}
{% macro kpi_flag_operators() %}
    {{ return({
        'eq': '=', 'neq': '<>', 'gt': '>', 'gte': '>=', 'lt': '<', 'lte': '<='
    }) }}
{% endmacro %}

{#
    The flags that accounts raise, as a whole query: one row per account, as_of day
    and raised flag. A KPI without a value raises nothing. A ratio is compared by
    multiplication, so that rounding never decides.

    | argument | meaning                                              |
    |----------|------------------------------------------------------|
    | kpis     | relation like int_account_kpis, with its parts       |
    | flags    | relation like kpi_flag_definitions()                 |

    Only the KPI that a flag names is looked at, for each account and flag, instead
    of a row for every KPI of every account.
#}
{% macro kpi_flag_query(kpis, flags) %}
{%- set columns = crm_segmentation.kpi_columns()
    | selectattr('type', 'equalto', 'number') | list -%}
with compared as (
    select
        kpis.account_id,
        kpis.as_of_date,
        flags.flag,
        flags.label,
        flags.kpi,
        flags.kpi_window,
        flags.operator,
        flags.threshold,
        case flags.kpi_column
            {%- for column in columns %}
            when '{{ column.column }}'
                then cast(kpis.{{ column.column }} as decimal(38, 4))
            {%- endfor %}
        end as kpi_value,
        case flags.kpi_column
            {%- for column in columns %}
            {%- set ratio = column.kpi.kind in ['ratio', 'change_percent'] %}
            when '{{ column.column }}'
                then cast(kpis.{{ column.column }}{{ '__above' if ratio }}
                    as decimal(38, 4))
            {%- endfor %}
        end as above,
        case flags.kpi_column
            {%- for column in columns
                if column.kpi.kind in ['ratio', 'change_percent'] %}
            when '{{ column.column }}'
                then cast(kpis.{{ column.column }}__below as decimal(38, 4))
            {%- endfor %}
            else 1
        end as below
    from {{ kpis }} as kpis
    cross join {{ flags }} as flags
)

select
    account_id,
    as_of_date,
    flag,
    label,
    kpi,
    kpi_window,
    operator,
    threshold,
    kpi_value
from compared
where
    coalesce(
        case operator
            {%- for name, sign in crm_segmentation.kpi_flag_operators().items() %}
            when '{{ name }}'
                then above * sign(below) {{ sign }} threshold * abs(below)
            {%- endfor %}
        end,
        false
    )
{% endmacro %}
