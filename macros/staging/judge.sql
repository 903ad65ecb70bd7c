{#
    The fragments by which base models judge raw rows. A row is rejected for one
    reason, the first that holds:

    | rejected_because          | meaning                                     |
    |---------------------------|---------------------------------------------|
    | no_primary_key            | a part of the key is blank                  |
    | missing_value:<column>    | a required value is blank                   |
    | unparseable_value:<column>| a required value is not of its type         |
    | not_positive:<column>     | a rate or the like of 0 or less             |
    | zoned_time:<column>       | a time with an offset from UTC, which engines |
    |                           | would drop in silence: hours off            |
    | time_after_load:<column>  | a time that its own load could not know yet |
    | exact_duplicate           | the row is there twice; one survives        |
    | key_used_twice            | rows that differ share a key; the newest    |
    |                           | load survives                               |

    A row that is at fault by itself never wins over one that is not.
#}

{#
    SQL: why a raw row is rejected by itself, or NULL.

    | argument       | meaning                                             |
    |----------------|-----------------------------------------------------|
    | key            | raw columns of the primary key                      |
    | required       | raw column -> type, for values that must be there   |
    | positive       | those of them that must be above 0                  |
    | not_after_load | raw columns of times that cannot lie after the load |
    | other_times    | raw columns of times that may                       |
#}
{% macro row_fault(
    key, required, not_after_load=[], other_times=[], positive=[]
) %}
    {%- set lines = [] -%}
    {%- for column in key -%}
        {%- do lines.append(
            "when " ~ crm_segmentation.clean_text(column) ~ " is null"
            ~ "\n                then 'no_primary_key'"
        ) -%}
    {%- endfor -%}
    {#- Before what cannot be read: an offset is why it cannot. -#}
    {%- for column in not_after_load + other_times + ['_loaded_at'] -%}
        {%- do lines.append(
            "when " ~ crm_segmentation.is_zoned(column)
            ~ "\n                then 'zoned_time:" ~ column ~ "'"
        ) -%}
    {%- endfor -%}
    {%- for column, type in required.items() -%}
        {%- set blank = crm_segmentation.clean_text(column) ~ " is null" -%}
        {%- if type == 'text' -%}
            {%- do lines.append(
                "when " ~ blank ~ "\n                then 'missing_value:" ~ column ~ "'"
            ) -%}
        {%- else -%}
            {%- set unread = crm_segmentation.cast_or_null(column, type) ~ " is null" -%}
            {#- A value that can be read is not blank: no need to look. -#}
            {%- do lines.append(
                "when " ~ unread ~ "\n                and " ~ blank
                ~ "\n                then 'missing_value:" ~ column ~ "'"
            ) -%}
            {%- do lines.append(
                "when " ~ unread
                ~ "\n                then 'unparseable_value:" ~ column ~ "'"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for column in positive -%}
        {%- do lines.append(
            "when " ~ crm_segmentation.cast_or_null(column, required[column])
            ~ " <= 0\n                then 'not_positive:" ~ column ~ "'"
        ) -%}
    {%- endfor -%}
    {%- for column in not_after_load -%}
        {%- do lines.append(
            "when " ~ crm_segmentation.cast_or_null(column, 'timestamp')
            ~ "\n                > "
            ~ crm_segmentation.cast_or_null('_loaded_at', 'timestamp')
            ~ "\n                then 'time_after_load:" ~ column ~ "'"
        ) -%}
    {%- endfor -%}
    {{- return(
        "case\n            " ~ lines | join("\n            ") ~ "\n        end"
    ) -}}
{% endmacro %}

{# SQL: whether a time carries an offset other than none, as in 10:15:00+02. #}
{% macro is_zoned(column) %}
    {%- set text = "cast(" ~ column ~ " as text)" -%}
    {{- return(
        text ~ " like '%:%-%'\n                or (\n                    "
        ~ text ~ " like '%:%+%'\n                    and "
        ~ text ~ " not like '%+00%'\n                )"
    ) -}}
{% endmacro %}

{# SQL: how many optional values (raw column -> type) become NULL by their cast. #}
{% macro lost_values(optional) %}
    {%- set terms = [] -%}
    {%- for column, type in optional.items() -%}
        {%- do terms.append(
            "case\n            when " ~ crm_segmentation.cast_or_null(column, type)
            ~ " is null\n                and " ~ crm_segmentation.clean_text(column)
            ~ " is not null\n                then 1\n            else 0\n        end"
        ) -%}
    {%- endfor -%}
    {{- return(terms | join("\n        + ")) -}}
{% endmacro %}

{#
    SQL: the parts of a composite key as one text, NULL where all parts are. `%` and
    `|` inside a part are written as in a URL, so two keys never look alike.
#}
{% macro joined_key(parts) %}
    {%- set texts = [] -%}
    {%- set escaped = [] -%}
    {%- for part in parts -%}
        {%- set text = "cast(" ~ part ~ " as text)" -%}
        {%- do texts.append(text) -%}
        {%- do escaped.append(
            "coalesce(replace(replace(" ~ text ~ ", '%', '%25'), '|', '%7C'), '')"
        ) -%}
    {%- endfor -%}
    {{- return(
        "case when coalesce(" ~ texts | join(', ') ~ ") is not null then "
        ~ escaped | join(" || '|' || ") ~ " end"
    ) -}}
{% endmacro %}

{#
    The last common table expressions of a base model: rows of `typed` with
    `rejected_because`. Only rows whose key occurs twice are sorted: over a whole
    table of order lines a window would cost more than all the rest.
#}
{% macro judge_repeated_keys(typed) -%}
repeated_rows as (

    select
        {{ typed }}.*,
        case
            when row_fault is not null then row_fault
            when row_number() over newest_first = 1 then null
            when raw_row = first_value(raw_row) over newest_first
                then 'exact_duplicate'
            else 'key_used_twice'
        end as rejected_because
    from {{ typed }}
    where is_repeated
    window newest_first as (
        partition by record_key
        order by
            case when row_fault is null then 0 else 1 end,
            loaded_at desc nulls last,
            {{ crm_segmentation.by_bytes('raw_row') }} desc nulls last
    )

),

final as (

    select
        {{ typed }}.*,
        row_fault as rejected_because
    from {{ typed }}
    where not is_repeated
    union all
    select * from repeated_rows

)
{%- endmacro %}
