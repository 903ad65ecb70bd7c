{#
    The declared objectives: "what does the ideal customer look like for this product
    and this demographic". The setting `objectives`, name -> declaration.

    | key             | meaning                                                |
    |-----------------|--------------------------------------------------------|
    | label           | for people; without it, it is made of the name         |
    | base            | model with one row per account_id; default accounts    |
    | considered      | criteria: whom the objective is about; default: all    |
    | ideal           | criteria: who of them is an ideal customer today       |
    | traits          | attribute -> how it counts, see below                  |
    | reasons         | protected attribute that the criteria ask for -> why   |
    |                 | it is needed and permitted; refused without            |
    | segments        | most segments of ideals, 1 to 8; default 3             |
    | minimum_support | ideals behind a segment and behind a favoured value;   |
    |                 | the setting modelling_sample_least_group (default) or  |
    |                 | more                                                   |
    | minimum_lift    | how much likelier ideals must have a value than all    |
    |                 | considered ones to favour it; default 1.2              |
    | max_distance    | beyond it the closest fit is none, 0 to 1; default 0.4 |

    A trait is an attribute of type number, text or boolean:

    | key       | meaning                                                      |
    |-----------|--------------------------------------------------------------|
    | weight    | above 0; default 1                                           |
    | transform | of a number: none (default) or log, sign(x) * ln(1 + |x|)    |
    | better    | of a number: near (default) its target, high or low: then no |
    |           | number above (below) it is too far                           |
    | target    | of a number; default: what the sample says                   |
    | scale     | of a number: how far is as far as any, after the transform;  |
    |           | default: from the 5th to the 95th percentile of the sample   |
    | favoured  | of a text or boolean: list of values; default: the sample    |
    | missing   | leave_out (default): it does not count; far: as far as any   |
    | reason    | why a protected attribute counts; refused without            |

    Gives a list in the order of declaration, each with every key, `name`, and traits
    as a list with every key and `name`. Errors: all of them together.
#}
{% macro objective_declarations() %}
    {{ return(
        crm_segmentation.kept_for_run('objectives')
        or crm_segmentation.keep_for_run(
            'objectives', crm_segmentation.read_declarations(
                crm_segmentation.setting('objectives') or {},
                crm_segmentation.read_objective, 'objectives'
            )
        )
    ) }}
{% endmacro %}

{# One declaration with every key; what is wrong is added to `problems`. #}
{% macro read_objective(name, declaration, problems) %}
    {%- set keys = [
        'label', 'base', 'considered', 'ideal', 'traits', 'reasons', 'segments',
        'minimum_support', 'minimum_lift', 'max_distance'
    ] -%}
    {%- set where = " in var 'objectives', " ~ name -%}
    {%- if declaration is not mapping -%}
        {%- do problems.append(
            'No declaration' ~ where ~ ": got '" ~ declaration ~ "'; allowed: a "
            ~ 'mapping with ' ~ keys | join(', ') ~ '.'
        ) -%}
        {{ return({}) }}
    {%- endif -%}
    {#- with closest_fit_ before it, it is the name of a column -#}
    {%- if not modules.re.match('^[a-z][a-z0-9_]*\\Z', name) or name | length > 49 -%}
        {%- do problems.append(
            'Bad name of an objective' ~ where ~ ": got '" ~ name ~ "'; allowed: a "
            ~ 'small letter, then small letters, digits and _, 49 at most.'
        ) -%}
    {%- endif -%}
    {%- for key in declaration if key not in keys -%}
        {%- do problems.append(
            'Unknown key' ~ where ~ ": got '" ~ key ~ "'; allowed: "
            ~ keys | join(', ') ~ '. ' ~ crm_segmentation.did_you_mean(key, keys)
        ) -%}
    {%- endfor -%}
    {%- if not declaration.get('ideal') -%}
        {%- do problems.append(
            'No ideal' ~ where ~ ": got none; allowed: criteria, as in a profile. "
            ~ 'Write ideal: {all: [..]}.'
        ) -%}
    {%- endif -%}
    {%- set reasons = crm_segmentation.declared_reasons(declaration, where, problems) -%}
    {%- for part in ['considered', 'ideal'] -%}
        {%- for name in crm_segmentation.protected_in_criteria(declaration.get(part))
            if not reasons.get(name) -%}
            {%- do problems.append(
                'Protected attribute without a reason' ~ where ~ ', ' ~ part
                ~ ": got '" ~ name ~ "'; allowed: attributes that are not protected, "
                ~ 'or this one with why it is needed and permitted. Leave it out, or '
                ~ 'write reasons: {' ~ name ~ ': <text>}.'
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set least = crm_segmentation.sample_setting('modelling_sample_least_group') -%}
    {%- set numbers = {} -%}
    {%- for key, is_whole, low, high, default in [
        ['segments', true, 1, 8, 3],
        ['minimum_support', true, least, 1000000, least],
        ['minimum_lift', false, 1, 100, 1.2],
        ['max_distance', false, 0, 1, 0.4]
    ] -%}
        {%- set value = declaration.get(key, default) -%}
        {%- if value is not number or value is boolean
            or (is_whole and value is not integer) or value < low or value > high -%}
            {%- do problems.append(
                'Bad ' ~ key ~ where ~ ": got '" ~ value ~ "'; allowed: a "
                ~ ('whole ' if is_whole) ~ 'number from ' ~ low ~ ' to ' ~ high ~ '.'
            ) -%}
        {%- endif -%}
        {%- do numbers.update({key: value}) -%}
    {%- endfor -%}
    {%- set traits = [] -%}
    {%- set given = declaration.get('traits') -%}
    {%- if given is not mapping or not given -%}
        {%- do problems.append(
            'No traits' ~ where ~ ": got '" ~ given ~ "'; allowed: a mapping of "
            ~ 'attributes, like traits: {industry: {weight: 2}}.'
        ) -%}
    {%- else -%}
        {%- for trait, told in given.items() -%}
            {%- do traits.append(crm_segmentation.read_trait(
                trait, told or {}, where ~ ', traits.' ~ trait, problems
            )) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(dict(
        numbers,
        name=name,
        label=declaration.get('label', name | replace('_', ' ') | capitalize),
        base=declaration.get('base', 'accounts'),
        considered=declaration.get('considered'),
        ideal=declaration.get('ideal'),
        traits=traits,
        reasons=reasons
    )) }}
{% endmacro %}

{#
    The protected attributes that criteria ask for by name: as the key of a leaf, or as
    what `of`, `attribute` or an operator like eq_attribute names.
#}
{% macro protected_in_criteria(criteria) %}
    {%- set catalog = crm_segmentation.attribute_catalog() -%}
    {%- set names = {} -%}
    {%- set parts = [criteria] -%}
    {#- grows while it is gone through: no stack, however deep the criteria -#}
    {%- for part in parts -%}
        {%- if part is mapping -%}
            {%- for key, value in part.items() -%}
                {%- do names.update({key | string: true}) -%}
                {%- if value is string and (
                    key in ['of', 'attribute'] or key.endswith('_attribute')
                ) -%}
                    {%- do names.update({value: true}) -%}
                {%- endif -%}
                {%- do parts.append(value) -%}
            {%- endfor -%}
        {%- elif part is iterable and part is not string -%}
            {%- do parts.extend(part) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set found = [] -%}
    {%- for name in names if name in catalog and catalog[name].protected -%}
        {%- do found.append(name) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{# One trait with every key; what is wrong is added to `problems`. #}
{% macro read_trait(name, told, where, problems) %}
    {%- set catalog = crm_segmentation.attribute_catalog() -%}
    {%- if name not in catalog -%}
        {%- do problems.append(
            'Unknown attribute' ~ where ~ ": got '" ~ name ~ "'; allowed: an attribute "
            ~ 'of the catalogue. '
            ~ crm_segmentation.did_you_mean(name, catalog.keys())
        ) -%}
        {{ return({}) }}
    {%- endif -%}
    {%- set type = catalog[name].type -%}
    {%- if type not in ['number', 'text', 'boolean'] -%}
        {%- do problems.append(
            'Trait of type ' ~ type ~ where ~ ": got '" ~ name ~ "'; allowed: "
            ~ 'attributes of type number, text or boolean. Leave it out.'
        ) -%}
    {%- endif -%}
    {%- set keys = ['weight', 'missing', 'reason'] + (
        ['transform', 'better', 'target', 'scale'] if type == 'number'
        else ['favoured']
    ) -%}
    {%- if told is not mapping -%}
        {%- do problems.append(
            'No trait' ~ where ~ ": got '" ~ told ~ "'; allowed: a mapping with "
            ~ keys | join(', ') ~ '.'
        ) -%}
        {{ return({}) }}
    {%- endif -%}
    {%- for key in told if key not in keys -%}
        {%- do problems.append(
            'Unknown key' ~ where ~ ": got '" ~ key ~ "'; allowed for a " ~ type ~ ': '
            ~ keys | join(', ') ~ '. ' ~ crm_segmentation.did_you_mean(key, keys)
        ) -%}
    {%- endfor -%}
    {%- for key, allowed in {
        'transform': ['none', 'log'],
        'better': ['near', 'high', 'low'],
        'missing': ['leave_out', 'far'],
    }.items() -%}
        {%- if told.get(key, allowed[0]) not in allowed -%}
            {%- do problems.append(
                'Unknown ' ~ key ~ where ~ ": got '" ~ told[key] ~ "'; allowed: "
                ~ allowed | join(', ') ~ '.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for key in ['weight', 'scale', 'target'] if key in told -%}
        {%- set value = told[key] -%}
        {%- if value is not number or value is boolean
            or (key != 'target' and value <= 0) -%}
            {%- do problems.append(
                'Bad ' ~ key ~ where ~ ": got '" ~ value ~ "'; allowed: a number"
                ~ (' above 0' if key != 'target') ~ '.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set favoured = none -%}
    {%- if 'favoured' in told -%}
        {%- set favoured = [] -%}
        {%- if told.favoured is string or told.favoured is not iterable
            or told.favoured is mapping or not told.favoured -%}
            {%- do problems.append(
                'Bad favoured' ~ where ~ ": got '" ~ told.favoured ~ "'; allowed: a "
                ~ 'list of values. Write favoured: [..].'
            ) -%}
        {%- else -%}
            {%- for value in told.favoured -%}
                {%- do favoured.append(
                    (value | string | lower) if type == 'boolean' else value | string
                ) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
    {{ return({
        'name': name,
        'type': type,
        'label': catalog[name].label,
        'weight': told.get('weight', 1),
        'transform': told.get('transform', 'none'),
        'better': told.get('better', 'near'),
        'missing': told.get('missing', 'leave_out'),
        'target': told.get('target'),
        'scale': told.get('scale'),
        'favoured': favoured,
        'reason': told.get('reason'),
    }) }}
{% endmacro %}

{# What the fits of objectives read from the modelling sample: see sampled_features(). #}
{% macro objective_sampled_features() %}
    {%- set entries = [] -%}
    {%- for objective in crm_segmentation.objective_declarations() -%}
        {%- for trait in objective.traits -%}
            {%- do entries.append({
                'feature': trait.name,
                'fits': [objective.name],
                'reason': trait.reason,
                'where': "var 'objectives', " ~ objective.name,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(entries) }}
{% endmacro %}

{# The declared objectives, by name: see fit_declarations(). #}
{% macro objective_fit_declarations() %}
    {%- set declared = {} -%}
    {%- for objective in crm_segmentation.objective_declarations() -%}
        {%- set traits = [] -%}
        {%- for trait in objective.traits -%}
            {%- do traits.append(crm_segmentation.without(trait, ['label', 'reason'])) -%}
        {%- endfor -%}
        {#- neither words nor the limit change what is fitted -#}
        {%- set fitted = dict(
            crm_segmentation.without(objective, ['label', 'max_distance', 'reasons']),
            traits=traits
        ) -%}
        {%- do declared.update({objective.name: fitted}) -%}
    {%- endfor -%}
    {{ return(declared) }}
{% endmacro %}

{#
    The attributes that objectives give to rules, two each: the closest fit and its
    distance. They live in account_fit_attributes, which the demo company has and an
    installing project writes in one line.
#}
{% macro objective_attributes() %}
    {%- set attributes = {} -%}
    {%- for name, declaration in (crm_segmentation.setting('objectives') or {}).items() -%}
        {%- set label = declaration.get('label', name | replace('_', ' ') | capitalize) -%}
        {%- do attributes.update({
            'closest_fit_' ~ name: {
                'type': 'text', 'group': 'scores', 'model': 'account_fit_attributes',
                'label': 'Closest fit: ' ~ label,
                'description': 'Segment of ideal customers to which the account is '
                    ~ 'closest; none beyond the declared distance, NULL for accounts '
                    ~ 'that the objective is not about. Objective: ' ~ label ~ '.',
            },
            'fit_distance_' ~ name: {
                'type': 'number', 'sql_type': 'decimal(9, 6)', 'group': 'scores',
                'model': 'account_fit_attributes', 'unit': '0 (ideal) to 1',
                'label': 'Distance to the closest fit: ' ~ label,
                'description': 'Gower distance to that segment, whether or not it is '
                    ~ 'too far. Objective: ' ~ label ~ '.',
            },
        }) -%}
    {%- endfor -%}
    {{ return(attributes) }}
{% endmacro %}

{#
    The whole body of account_fit_attributes: one row per account with the columns of
    objective_attributes().
#}
{% macro fit_attributes_model() %}
with

accounts as (

    select * from {{ ref('crm_segmentation', 'account_attributes') }}

),

fits as (

    select * from {{ ref('crm_segmentation', 'account_closest_fits') }}

),

final as (

    select
        cast(accounts.account_id as text) as account_id,
        {%- for objective in crm_segmentation.objective_declarations() %}
        {%- set is_it = 'fits.objective = '
            ~ crm_segmentation.text_literal(objective.name) %}
        cast(
            max(case when {{ is_it }} then fits.closest_fit end) as text
        ) as closest_fit_{{ objective.name }},
        cast(
            max(case when {{ is_it }} then fits.distance end) as decimal(9, 6)
        ) as fit_distance_{{ objective.name }},
        {%- endfor %}
        cast(accounts.as_of_date as date) as as_of_date
    from accounts
    left join fits
        on accounts.account_id = fits.account_id
    group by accounts.account_id, accounts.as_of_date

)

select * from final
{% endmacro %}

{#
    SQL, CTEs: how far each considered account is from each segment, trait by trait.

    Needs the CTE `considered` (account_id, objective); gives `current_parameters` and
    `compared`: account_id, objective, segment_id, segment_label, fit_version, trait,
    weight, penalty (0 to 1, NULL where the trait is left out), number_value and
    text_value.
#}
{% macro fit_comparison() %}
    {%- set catalog = crm_segmentation.attribute_catalog() -%}
    {%- set double = crm_segmentation.type_double() -%}
    {%- set objectives = crm_segmentation.objective_declarations() -%}
current_parameters as (

    {%- for objective in objectives %}
    select * from (
        {{ crm_segmentation.current_fit(objective.name, ref('objective_parameters'))
            | indent(8) }}
    ) as objective_{{ loop.index }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select * from {{ ref('objective_parameters') }} where 1 = 0
    {%- endfor %}

),

wanted as (

    select *
    from current_parameters
    where value is null

),

wanted_values as (

    select *
    from current_parameters
    where value is not null

),

described as (

    {%- for objective in objectives %}
    {%- for trait in objective.traits %}
    {%- set attribute = catalog[trait.name] %}
    {%- set column = 'held.' ~ attribute.column %}
    select
        considered.account_id,
        considered.objective,
        {{ crm_segmentation.text_literal(trait.name) }} as trait,
        {{ 'cast(' ~ column ~ ' as decimal(24, 6))' if trait.type == 'number'
            else 'cast(null as decimal(24, 6))' }} as number_value,
        {% if trait.type == 'number' -%}
        cast(null as text)
        {%- elif trait.type == 'boolean' -%}
        case when {{ column }} then 'true' when not {{ column }} then 'false' end
        {%- else -%}
        {{ crm_segmentation.fold(column) }}
        {%- endif %} as text_value
    from considered
    left join {{ ref(attribute.model) }} as held
        on considered.account_id = held.account_id
    where considered.objective = {{ crm_segmentation.text_literal(objective.name) }}
    union all
    {%- endfor %}
    {%- endfor %}
    select
        account_id,
        objective,
        cast(null as text) as trait,
        cast(null as decimal(24, 6)) as number_value,
        cast(null as text) as text_value
    from considered
    where 1 = 0

),

measured as (

    select
        described.account_id,
        described.objective,
        wanted.segment_id,
        wanted.segment_label,
        wanted.fit_version,
        described.trait,
        wanted.trait_type,
        wanted.better,
        wanted.missing,
        wanted.scale,
        cast(wanted.weight as decimal(9, 4)) as weight,
        described.number_value,
        described.text_value,
        coalesce(wanted_values.penalty, wanted.penalty) as text_penalty,
        {% for value in ['described.number_value', 'wanted.target'] -%}
        {%- set number = 'cast(' ~ value ~ ' as ' ~ double ~ ')' -%}
        case
            when wanted.transform = 'log'
                then sign({{ number }}) * ln(1 + abs({{ number }}))
            else {{ number }}
        end as {{ 'is_at' if loop.first else 'should_be_at' }}
        {{- ',' if not loop.last }}
        {% endfor %}
    from described
    inner join wanted
        on described.objective = wanted.model_name
        and described.trait = wanted.trait
    left join wanted_values
        on wanted.model_name = wanted_values.model_name
        and wanted.segment_id = wanted_values.segment_id
        and wanted.trait = wanted_values.trait
        and described.text_value = wanted_values.value

),

compared as (

    select
        account_id,
        objective,
        segment_id,
        segment_label,
        fit_version,
        trait,
        weight,
        number_value,
        text_value,
        cast(
            case
                when number_value is null and text_value is null
                    then case when missing = 'far' then 1 end
                when trait_type <> 'number' then text_penalty
                else least(1, greatest(
                    0,
                    case better
                        when 'high' then should_be_at - is_at
                        when 'low' then is_at - should_be_at
                        else abs(is_at - should_be_at)
                    end
                ) / scale)
            end as decimal(9, 6)
        ) as penalty
    from measured

)
{%- endmacro %}

{# The criteria of an objective in plain English. #}
{% macro objective_in_words(objective, part) %}
    {%- if not objective[part] -%}
        {{ return('every account') }}
    {%- endif -%}
    {%- set rule = crm_segmentation.read_rule(
        objective[part], objective.base, part ~ ' of ' ~ objective.name
    ) -%}
    {{ return(crm_segmentation.rule_in_words(rule.tree)) }}
{% endmacro %}

{# The objective of the demo company. #}
{% macro demo_objectives() %}
    {{ return({
        'valves_for_companies': {
            'label': 'Valves for companies',
            'considered': {'kind': 'company'},
            'ideal': {'event': {
                'name': 'order_line', 'where': [{'category': 'Valves'}],
                'within': '365d', 'sum': {'of': 'net_amount', 'gte': 1000},
            }},
            'traits': {
                'industry': {},
                'country_code': {'weight': 0.5},
                'employee_count': {'transform': 'log'},
                'annual_revenue_amount': {'transform': 'log', 'better': 'high'},
                'order_count_365d': {'transform': 'log', 'better': 'high'},
                'is_partner': {'weight': 0.5},
            },
            'max_distance': 0.4,
        },
    }) }}
{% endmacro %}
