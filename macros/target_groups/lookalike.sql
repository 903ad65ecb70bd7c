{#
    A lookalike: the accounts that are most like the members of a group, and not in it.

        {% call crm_segmentation.lookalike() %}
        of: vip_dach
        among: contactable_by_email
        traits: [industry, country_code, {revenue_365d: 2}]
        to: 200
        {% endcall %}

    | key     | meaning                                                        |
    |---------|----------------------------------------------------------------|
    | of      | name of a profile, target group or other model with account_id |
    | among   | name of a model with one row per account_id: who is ranked;    |
    |         | default accounts                                               |
    | traits  | attributes of type number, text or boolean, each with its      |
    |         | weight or 1; a protected one with a reason, too:               |
    |         | {gender: {weight: 1, reason: ..}}; default:                    |
    |         | default_tree_features()                                        |
    | exclude | attributes of the default that do not count                    |
    | to      | how many are kept, the closest first; default: all             |

    Closeness is the sum over the traits of weight * evidence. The evidence of a value
    (of a number: the tenth of the ranked accounts into which it falls; NULL is a value)
    is how much likelier a member has it than another account, as a logarithm: the
    "weight of evidence" of credit scoring, the log odds of a naive Bayes classifier.
    Each share is drawn towards the common one as by 20 more accounts, so that a rare
    value proves little. 0 says nothing, below 0 speaks against.

    Gives one row per account_id: as_of_date, closeness, closeness_rank (1 is the
    closest, ties by account_id) and group_hash, the md5 of the declaration; so it may
    stand wherever a group may: in `merge`, in `member_of`. No rows where the group has
    no members among them.

    Errors: all that is wrong in the text, together.
#}
{% macro lookalike(label=none) %}
    {%- if not model.config.enabled -%}
        {{ return('') }}
    {%- endif -%}
    {%- set read = crm_segmentation.read_lookalike(caller(), model.name) -%}
    {%- if read.problems -%}
        {{ exceptions.raise_compiler_error(
            'Lookalike ' ~ model.name ~ ' (' ~ model.original_file_path ~ ') has '
            ~ read.problems | length ~ ' error(s):\n- '
            ~ read.problems | join('.\n- ') ~ '.'
        ) }}
    {%- endif -%}
    {%- set wanted = read.wanted -%}
    {%- set group_hash = local_md5(tojson(wanted, sort_keys=true)) -%}
    {{- config(meta={'crm_segmentation': {
        'kind': 'lookalike',
        'label': label or model.name | replace('_', ' ') | capitalize,
        'tree': wanted,
        'group_hash': group_hash
    }}) -}}
    {{- crm_segmentation.lookalike_sql(wanted, group_hash) -}}
{% endmacro %}

{# The checked declaration: {'wanted': .., 'problems': [..]}. #}
{% macro read_lookalike(text, own_name) %}
    {%- set problems = [] -%}
    {%- set allowed = ['of', 'among', 'traits', 'exclude', 'to'] -%}
    {%- set written = fromyaml(text) -%}
    {%- if written is not mapping -%}
        {{ return({'wanted': none, 'problems': [
            'the text is no YAML mapping; allowed: ' ~ allowed | join(', ')
            ~ ". Write one key a line, like 'of: vip_dach'"
        ]}) }}
    {%- endif -%}
    {%- for key in written if key not in allowed -%}
        {%- do problems.append(
            crm_segmentation.unknown_word('key', key, allowed, '')
        ) -%}
    {%- endfor -%}
    {%- for key, name in {
        'of': written.get('of'), 'among': written.get('among', 'accounts')
    }.items() -%}
        {%- if name is not string
            or not modules.re.match('^[a-z][a-z0-9_]*\\Z', name) -%}
            {%- do problems.append(
                key ~ ": got '" ~ name ~ "'; allowed: the name of a model with "
                ~ 'account_id. Write ' ~ key ~ ': <name>'
            ) -%}
        {%- elif name == own_name -%}
            {%- do problems.append(
                key ~ ": got '" ~ name ~ "', the lookalike itself; allowed: another "
                ~ 'model. Name it'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set excluded = written.get('exclude', []) -%}
    {%- set given = written.get('traits', crm_segmentation.default_tree_features()) -%}
    {%- set weights = {} -%}
    {%- set reasons = {} -%}
    {%- set pairs = [] -%}
    {%- if given is mapping -%}
        {%- set pairs = given.items() | list -%}
    {%- elif given is string or given is not iterable -%}
        {%- do problems.append(
            "traits: got '" ~ given ~ "'; allowed: a list of attributes. Write "
            ~ 'traits: [industry, {revenue_365d: 2}]'
        ) -%}
    {%- else -%}
        {%- for item in given -%}
            {%- if item is mapping -%}
                {%- for name, weight in item.items() -%}
                    {%- do pairs.append([name, weight]) -%}
                {%- endfor -%}
            {%- else -%}
                {%- do pairs.append([item, 1]) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set catalog = crm_segmentation.attribute_catalog() -%}
    {%- for name, told in pairs if name not in excluded -%}
        {%- set weight = told.get('weight', 1) if told is mapping else told -%}
        {%- set reason = told.get('reason') if told is mapping else none -%}
        {%- for key in (told if told is mapping else {})
            if key not in ['weight', 'reason'] -%}
            {%- do problems.append(crm_segmentation.unknown_word(
                'key', key, ['weight', 'reason'], 'traits, ' ~ name
            )) -%}
        {%- endfor -%}
        {%- if reason -%}
            {%- do reasons.update({name: reason}) -%}
        {%- endif -%}
        {%- if name not in catalog -%}
            {%- do problems.append(
                "traits: '" ~ name ~ "' is not an attribute; "
                ~ crm_segmentation.suggestion(name, catalog.keys())
                ~ 'allowed: an attribute of the catalogue'
            ) -%}
        {%- elif catalog[name].type not in ['number', 'text', 'boolean'] -%}
            {%- do problems.append(
                "traits: got '" ~ name ~ "', whose type is " ~ catalog[name].type
                ~ '; allowed: attributes of type number, text or boolean. Leave it out'
            ) -%}
        {%- elif catalog[name].protected and not reason -%}
            {%- do problems.append(
                "traits: got '" ~ name ~ "', which is protected; allowed: attributes "
                ~ 'that are not, or this one with why it is needed and permitted. Leave '
                ~ 'it out, or write {' ~ name ~ ': {weight: 1, reason: <text>}}'
            ) -%}
        {%- endif -%}
        {%- if weight is not number or weight is boolean or weight <= 0 -%}
            {%- do problems.append(
                "traits: got the weight '" ~ weight ~ "' of " ~ name
                ~ '; allowed: a number above 0. Leave the trait out, or weigh it'
            ) -%}
        {%- endif -%}
        {%- do weights.update({name: weight}) -%}
    {%- endfor -%}
    {%- if not weights -%}
        {%- do problems.append('traits: got none; allowed: at least one attribute') -%}
    {%- endif -%}
    {%- set to = written.get('to') -%}
    {%- if to is not none and (to is boolean or to is not integer or to < 1) -%}
        {%- do problems.append(
            "to: got '" ~ to ~ "'; allowed: a whole number from 1. Write to: 500, or "
            ~ 'leave it out to rank all'
        ) -%}
    {%- endif -%}
    {{ return({
        'wanted': dict({
            'of': written.get('of'),
            'among': written.get('among', 'accounts'),
            'traits': weights,
            'to': to,
        }, **({'reasons': reasons} if reasons else {})),
        'problems': problems,
    }) }}
{% endmacro %}

{# The query of a lookalike from its checked declaration. #}
{% macro lookalike_sql(wanted, group_hash) %}
    {%- set catalog = crm_segmentation.attribute_catalog() -%}
    {%- set holders = [] -%}
    {%- set numbers = [] -%}
    {%- for name in wanted.traits -%}
        {%- if catalog[name].model not in holders -%}
            {%- do holders.append(catalog[name].model) -%}
        {%- endif -%}
        {%- if catalog[name].type == 'number' -%}
            {%- do numbers.append(name) -%}
        {%- endif -%}
    {%- endfor -%}
    {#- as by so many accounts more, the evidence of a value is drawn to none -#}
    {%- set doubt = 20 -%}
    {%- set double = crm_segmentation.type_double() -%}
with

group_members as (

    select distinct account_id
    from {{ ref(wanted.of) }}

),

base as (

    select account_id
    from {{ ref(wanted.among) }}

),

described as (

    select
        base.account_id,
        {%- for name in wanted.traits %}
        {{ catalog[name].model }}.{{ catalog[name].column }} as {{ name }},
        {%- endfor %}
        case when group_members.account_id is null then 0 else 1 end as is_member
    from base
    {%- for holder in holders %}
    left join {{ ref(holder) }} as {{ holder }}
        on base.account_id = {{ holder }}.account_id
    {%- endfor %}
    left join group_members
        on base.account_id = group_members.account_id

),
{%- if numbers %}

cuts as (

    select
        {%- for name in numbers %}
        {%- for tenth in range(1, 10) %}
        percentile_disc(0.{{ tenth }}) within group (order by {{ name }})
            as {{ name }}_{{ tenth }}
        {{- ',' if not (loop.last and name == numbers[-1]) }}
        {%- endfor %}
        {%- endfor %}
    from described

),
{%- endif %}

banded as (

    select
        described.account_id,
        {%- for name in wanted.traits %}
        {%- if name in numbers %}
        case
            when described.{{ name }} is null then ''
            {%- for tenth in range(1, 10) %}
            when described.{{ name }} <= cuts.{{ name }}_{{ tenth }} then '{{ tenth }}'
            {%- endfor %}
            else '10'
        end as {{ name }}_band,
        {%- elif catalog[name].type == 'boolean' %}
        case
            when described.{{ name }} then 'true'
            when not described.{{ name }} then 'false'
            else ''
        end as {{ name }}_band,
        {%- else %}
        coalesce('=' || {{ crm_segmentation.fold('described.' ~ name) }}, '')
            as {{ name }}_band,
        {%- endif %}
        {%- endfor %}
        described.is_member
    from described
    {%- if numbers %}
    cross join cuts
    {%- endif %}

),

sizes as (

    select
        sum(is_member) as member_count,
        count(*) - sum(is_member) as other_count,
        count(*) as account_count
    from banded

),

counted as (

    {%- for name in wanted.traits %}
    select
        {{ crm_segmentation.text_literal(name) }} as trait,
        {{ wanted.traits[name] }} as weight,
        {{ name }}_band as band,
        sum(is_member) as member_count,
        count(*) as account_count
    from banded
    group by {{ name }}_band
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

shares as (

    select
        counted.trait,
        counted.weight,
        counted.band,
        cast(counted.account_count as {{ double }}) / sizes.account_count as share,
        counted.member_count,
        counted.account_count - counted.member_count as other_count,
        sizes.member_count as all_members,
        sizes.other_count as all_others
    from counted
    cross join sizes
    where sizes.member_count > 0

),

evidence as (

    select
        trait,
        band,
        cast(
            weight * (
                ln((member_count + {{ doubt }} * share) / (all_members + {{ doubt }}))
                - ln((other_count + {{ doubt }} * share) / (all_others + {{ doubt }}))
            ) as decimal(18, 6)
        ) as closeness
    from shares

),

measured as (

    select
        banded.account_id,
        {%- for name in wanted.traits %}
        evidence_{{ loop.index }}.closeness
        {{- ' +' if not loop.last else ' as closeness' }}
        {%- endfor %}
    from banded
    {%- for name in wanted.traits %}
    inner join evidence as evidence_{{ loop.index }}
        on evidence_{{ loop.index }}.trait = {{ crm_segmentation.text_literal(name) }}
        and banded.{{ name }}_band = evidence_{{ loop.index }}.band
    {%- endfor %}
    where banded.is_member = 0

),

ranked as (

    select
        account_id,
        closeness,
        row_number() over (
            order by
                closeness desc nulls last,
                {{ crm_segmentation.by_bytes('account_id') }}
        ) as closeness_rank
    from measured

),

final as (

    select
        cast(account_id as text) as account_id,
        {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }} as as_of_date,
        cast(closeness as decimal(18, 6)) as closeness,
        cast(closeness_rank as bigint) as closeness_rank,
        cast({{ crm_segmentation.text_literal(group_hash) }} as text) as group_hash
    from ranked
    {%- if wanted.to is not none %}
    where closeness_rank <= {{ wanted.to }}
    {%- endif %}

)

select * from final
{%- endmacro %}
