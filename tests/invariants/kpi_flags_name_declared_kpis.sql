{#
    A flag that names an unknown KPI, window or operator would raise nothing, in
    silence. The rows are the flags that are wrong; the test stops with all of
    them in its message.
#}
{%- set columns = crm_segmentation.kpi_columns() | selectattr('type', 'equalto', 'number')
    | list -%}
{%- set definitions -%}
    select * from {{ ref('int_kpi_flags_kept') }}
    where as_of_date
        = {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
{%- endset -%}
{#- `dbt compile` and `dbt docs` come here too, before anything is built. -#}
{%- if execute and flags.WHICH in ['build', 'test'] -%}
    {%- set operators = crm_segmentation.kpi_flag_operators() -%}
    {%- set problems = [] -%}
    {%- set sql -%}
        select flag, kpi, coalesce(kpi_window, ''), operator
        from ({{ definitions }}) as flags
        order by {{ crm_segmentation.by_bytes('flag') }} nulls last
    {%- endset -%}
    {%- for flag, kpi, window, operator in run_query(sql).rows -%}
        {%- set where = ' of the KPI flag ' ~ flag -%}
        {%- set named = [] -%}
        {%- for column in columns if column.kpi.name == kpi -%}
            {%- do named.append(column.window if column.kpi.windows else '') -%}
        {%- endfor -%}
        {%- if not named -%}
            {%- do problems.append(
                'Unknown KPI' ~ where ~ ": got '" ~ kpi ~ "'; allowed: "
                ~ columns | map(attribute='kpi') | map(attribute='name') | unique
                    | join(', ') ~ '.'
            ) -%}
        {%- elif window not in named -%}
            {%- do problems.append(
                'Unknown window' ~ where ~ ": got '" ~ window ~ "'; allowed for "
                ~ kpi ~ ': ' ~ (named | join(', ') or 'none, leave it empty') ~ '.'
            ) -%}
        {%- endif -%}
        {%- if operator not in operators -%}
            {%- do problems.append(
                'Unknown operator' ~ where ~ ": got '" ~ operator ~ "'; allowed: "
                ~ operators.keys() | join(', ') ~ '.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(
            'The seeds of KPI flags have ' ~ problems | length ~ ' error(s):\n- '
            ~ problems | join('\n- ') ~ '\nMend the seed and call dbt build.'
        ) }}
    {%- endif -%}
{%- endif -%}

select flag
from ({{ definitions }}) as flags
where kpi_column is null
