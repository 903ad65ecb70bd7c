{#
    SQL: by, category and folded_category of the categories of a relation, so that no
    category of fewer rows than `least` is told. Rare ones become `other`; while that
    is rare itself, the next larger one joins it; where all together are too few, the
    folded category is NULL.

    | argument | meaning                                        |
    |----------|------------------------------------------------|
    | relation | name of a CTE with the columns by and category |
    | by       | column within which categories are counted     |
    | least    | smallest number of rows that is told           |
#}
{% macro folded_categories(relation, by, least) %}
select
    {{ by }},
    category,
    case
        when count_of_all < {{ least }} then null
        when {{ crm_segmentation.is_rare(least) }} then 'other'
        else category
    end as folded_category
from (
    {{ crm_segmentation.counts_up_to(relation, by) | indent(4) }}
) as added_up
{%- endmacro %}

{#
    SQL: by, category, row_count of the categories of a relation that are not NULL,
    with count_up_to_here, in the order of their size, and count_of_all.
#}
{% macro counts_up_to(relation, by) %}
select
    {{ by }},
    category,
    row_count,
    sum(row_count) over (
        partition by {{ by }}
        order by row_count, {{ crm_segmentation.by_bytes('category') }}
        rows between unbounded preceding and current row
    ) as count_up_to_here,
    sum(row_count) over (partition by {{ by }}) as count_of_all
from (
    select
        {{ by }},
        category,
        count(*) as row_count
    from {{ relation }}
    where category is not null
    group by {{ by }}, category
) as counted
{%- endmacro %}

{#
    SQL: whether a row of counts_up_to() is too small to be told, or is the one that
    must hide those that are: alone, they would be what is missing from the whole.
#}
{% macro is_rare(least) -%}
row_count < {{ least }}
            or count_up_to_here - row_count between 1 and {{ least - 1 }}
{%- endmacro %}
