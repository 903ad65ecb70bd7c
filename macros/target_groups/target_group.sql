{#
    A target group: profiles and other groups of one day, combined.

        {% call crm_segmentation.target_group() %}
        merge: [vip_dach, at_risk_high_value]
        remove: [contacted_last_30d]
        reduce: {to: 5000, keep: highest, of: revenue_365d}
        {% endcall %}

    The steps, in this order whatever the order of the text:

    | step          | what it does                                             |
    |---------------|----------------------------------------------------------|
    | merge         | in any of the groups                                     |
    | intersect     | in all of them                                           |
    | difference    | in the first, less all others; exactly one of these three |
    | remove        | less the union of these groups                           |
    | include_list  | plus the accounts of these lists (models or seeds with a |
    |               | column account_id)                                       |
    | exclude_list  | less the accounts of these lists; exclude always wins    |
    | reduce        | the first `to` accounts, or `to_percent` of them rounded |
    |               | down, by `keep` (highest, lowest) and `of` (an attribute |
    |               | that is a number or a date; NULL last), or by            |
    |               | `random: <salt>`; ties by account_id                     |

    Gives one row per account_id, with as_of_date and group_hash: the md5 of the
    steps, written out, as JSON with sorted keys. Label, steps and hash are
    published in the meta of the model. The groups are `ref`s when dbt parses, so
    they are lineage. `label` is for people; without it, it is made of the name.

    Errors: all that is wrong in the text, together.
#}
{% macro target_group(label=none) %}
    {#- dbt renders disabled models too when it parses; the demo's groups rank by
        attributes that an installing project does not have. -#}
    {%- if not model.config.enabled -%}
        {{ return('') }}
    {%- endif -%}
    {%- set read = crm_segmentation.read_target_group(caller(), model.name) -%}
    {%- if read.problems -%}
        {{ exceptions.raise_compiler_error(
            'Target group ' ~ model.name ~ ' (' ~ model.original_file_path ~ ') has '
            ~ read.problems | length ~ ' error(s):\n- '
            ~ read.problems | join('.\n- ') ~ '.'
        ) }}
    {%- endif -%}
    {%- set steps = read.steps -%}
    {%- set group_hash = crm_segmentation.target_group_hash(steps) -%}
    {{- config(meta={'crm_segmentation': {
        'kind': 'target_group',
        'label': label or model.name | replace('_', ' ') | capitalize,
        'tree': steps,
        'group_hash': group_hash
    }}) -}}
    {{- crm_segmentation.target_group_sql(steps, group_hash) -}}
{% endmacro %}

{# md5 of the checked steps: the same for two spellings of one group. #}
{% macro target_group_hash(steps) %}
    {{- return(local_md5(tojson(steps, sort_keys=true))) -}}
{% endmacro %}
