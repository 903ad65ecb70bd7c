-- Each account goes down each tree by the splits themselves; the rule of a leaf, of
-- which a profile can be made, has the same members.
{%- set catalog = crm_segmentation.attribute_catalog() %}
{%- set features = crm_segmentation.tree_features() %}
{%- set holders = [] %}
{%- for name in features
    if catalog[name].model != 'account_attributes'
    and catalog[name].model not in holders %}
    {%- do holders.append(catalog[name].model) %}
{%- endfor %}

with

attributes as (

    select * from {{ ref('account_attributes') }}

),

nodes as (

    select * from {{ ref('decision_tree_nodes') }}

),

accounts as (

    select
        attributes.account_id,
        {%- for name in features %}
        {{ 'attributes' if catalog[name].model == 'account_attributes'
            else catalog[name].model }}.{{ catalog[name].column }} as {{ name }},
        {%- endfor %}
        attributes.as_of_date
    from attributes
    {%- for holder in holders %}
    left join {{ ref(holder) }} as {{ holder }}
        on attributes.account_id = {{ holder }}.account_id
    {%- endfor %}
    {%- if crm_segmentation.tree_population() %}
    where attributes.order_count_all >= 1
    {%- endif %}

),

{{ crm_segmentation.tree_walk() }},

roots as (

    select
        tree,
        target_share
    from nodes
    where node_id = 0

),

final as (

    select
        cast(arrived.account_id as text) as account_id,
        cast(arrived.as_of_date as date) as as_of_date,
        cast(arrived.tree as text) as tree,
        cast(nodes.leaf_number as integer) as leaf_number,
        cast(nodes.target_share as decimal(9, 6)) as target_share,
        cast(nodes.target_share / roots.target_share as decimal(12, 6)) as lift,
        cast(nodes.fit_version as integer) as fit_version
    from arrived
    inner join nodes
        on arrived.tree = nodes.tree
        and arrived.node_id = nodes.node_id
    inner join roots
        on arrived.tree = roots.tree

)

select * from final
