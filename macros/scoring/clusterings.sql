{#
    The declared clusterings: the setting `clusterings`, a mapping of name to
    declaration. They live side by side: each gives every account of its base one
    cluster, as the attribute `cluster_<name>`.

    | key      | meaning                                                       |
    |----------|---------------------------------------------------------------|
    | label    | words for people                                              |
    | k        | number of clusters, or [least, most]: the fit chooses; 1 to   |
    |          | 20                                                            |
    | base     | who is placed: attribute to a value, a list of values, or     |
    |          | {gt, gte, lt, lte: number}; all of them hold. NULL: no        |
    | seed     | of k-means, a whole number; default 20250101                  |
    | features | list of the mappings below                                    |

    | key of a feature | meaning                                               |
    |------------------|-------------------------------------------------------|
    | feature          | an attribute that no fit made: a number, or a         |
    |                  | category (text, true or false)                        |
    | weight           | above 0, default 1. A number counts in standard       |
    |                  | deviations times weight; two accounts of different    |
    |                  | categories lie `weight` apart                         |
    | missing          | exclude (default): no cluster without a value; a      |
    |                  | number, or the median of the sample; for a category a |
    |                  | text, which is a category of its own                  |
    | transform        | none, or log: sign(x) * ln(1 + |x|), for amounts and  |
    |                  | counts. Of a number, as are those that follow         |
    | winsorise        | [low, high]: draw what lies outside these quantiles   |
    |                  | of the sample in to them, before the transform        |
    | standardise      | true (default), or false for a number that is on the  |
    |                  | scale of the others already                           |
    | low_label, high_label | words for a cluster far below, far above the mean |
    | category_label   | words for a cluster of mostly one category, {} being  |
    |                  | its name                                              |
    | reason           | why a protected attribute may be used                 |

    Gives a list of declarations with every key: k a pair, base a mapping of
    attribute to {type, and values or operators}, each feature with its type.

    Errors: all of them together.
#}
{% macro clusterings() %}
    {{ return(
        crm_segmentation.kept_for_run('clusterings')
        or crm_segmentation.keep_for_run(
            'clusterings', crm_segmentation.read_declarations(
                crm_segmentation.given_clusterings(),
                crm_segmentation.read_clustering, 'clusterings'
            )
        )
    ) }}
{% endmacro %}

{# The setting as it was written: no attribute is looked up. #}
{% macro given_clusterings() %}
    {%- set given = crm_segmentation.setting('clusterings') -%}
    {%- if given is none -%}
        {{ return(
            crm_segmentation.demo_clusterings() if crm_segmentation.is_demo()
            else crm_segmentation.default_clusterings()
        ) }}
    {%- endif -%}
    {%- if given is not mapping -%}
        {{ exceptions.raise_compiler_error(
            "Wrong kind of value in var 'clusterings': got '" ~ given
            ~ "'; allowed: a mapping. Write vars: {clusterings: {value: {..}}}, or {} "
            ~ 'for none.'
        ) }}
    {%- endif -%}
    {{ return(given) }}
{% endmacro %}

{# One declaration with every key; what is wrong with it is added to `problems`. #}
{% macro read_clustering(name, declaration, problems) %}
    {%- set where = "var 'clusterings', " ~ name -%}
    {%- set keys = ['label', 'k', 'base', 'seed', 'features'] -%}
    {#- beside `a` it would give the column cluster_a_label a second time -#}
    {%- if not modules.re.match('^[a-z][a-z0-9_]{0,39}\\Z', name | string)
        or (name | string).endswith('_label') -%}
        {%- do problems.append(
            "Bad name in var 'clusterings': got '" ~ name ~ "'; allowed: a small "
            ~ 'letter, then small letters, digits and _, 40 at most, not ending in '
            ~ '_label. Rename it.'
        ) -%}
    {%- endif -%}
    {%- if declaration is not mapping -%}
        {%- do problems.append(
            'No declaration in ' ~ where ~ ": got '" ~ declaration
            ~ "'; allowed: a mapping with " ~ keys | join(', ') ~ '.'
        ) -%}
        {{ return({}) }}
    {%- endif -%}
    {%- for key in declaration if key not in keys -%}
        {%- do problems.append(
            'Unknown key in ' ~ where ~ ": got '" ~ key ~ "'; allowed: "
            ~ keys | join(', ') ~ '. Remove or rename it. '
            ~ crm_segmentation.did_you_mean(key, keys)
        ) -%}
    {%- endfor -%}
    {%- set k = declaration.get('k', 6) -%}
    {%- set pair = k if k is iterable and k is not string and k is not mapping
        else [k, k] -%}
    {%- if pair | length != 2 or pair | reject('integer') | list
        or pair | select('boolean') | list
        or pair[0] < 1 or pair[0] > pair[1] or pair[1] > 20 -%}
        {%- do problems.append(
            'Bad number of clusters in ' ~ where ~ ", k: got '" ~ k
            ~ "'; allowed: a whole number from 1 to 20, or [least, most]."
        ) -%}
        {%- set pair = [1, 1] -%}
    {%- endif -%}
    {%- set seed = declaration.get('seed', 20250101) -%}
    {%- if seed is not integer or seed is boolean or seed < 0
        or seed > 4294967295 -%}
        {%- do problems.append(
            'Bad seed in ' ~ where ~ ": got '" ~ seed
            ~ "'; allowed: a whole number from 0 to 4294967295."
        ) -%}
    {%- endif -%}
    {%- set given = declaration.get('features', []) -%}
    {%- set features = [] -%}
    {%- if given is mapping or given is string or given is not iterable
        or not given -%}
        {%- do problems.append(
            'No features in ' ~ where ~ ": got '" ~ given
            ~ "'; allowed: a list of at least one."
        ) -%}
        {%- set given = [] -%}
    {%- endif -%}
    {%- for item in given -%}
        {%- set feature = crm_segmentation.read_cluster_feature(
            item, where, problems
        ) -%}
        {%- if feature.feature in features | map(attribute='feature') -%}
            {%- do problems.append(
                'Feature given twice in ' ~ where ~ ": got '" ~ feature.feature
                ~ "'; allowed: each feature once."
            ) -%}
        {%- endif -%}
        {%- do features.append(feature) -%}
    {%- endfor -%}
    {{ return({
        'name': name,
        'model_name': 'cluster_' ~ name,
        'label': declaration.get('label', name),
        'k': pair | list,
        'seed': seed,
        'base': crm_segmentation.read_cluster_base(
            declaration.get('base', {}), where, problems
        ),
        'features': features | sort(attribute='feature'),
    }) }}
{% endmacro %}

{% macro read_cluster_feature(item, where, problems) %}
    {%- set keys = [
        'feature', 'weight', 'missing', 'transform', 'winsorise', 'standardise',
        'low_label', 'high_label', 'category_label', 'reason'
    ] -%}
    {%- if item is not mapping or not item.feature is string -%}
        {%- do problems.append(
            'No feature in ' ~ where ~ ": got '" ~ item
            ~ "'; allowed: a mapping with the key feature, and any of "
            ~ keys[1:] | join(', ') ~ '.'
        ) -%}
        {{ return({'feature': item | string}) }}
    {%- endif -%}
    {%- set name = item.feature -%}
    {%- set where = where ~ ', ' ~ name -%}
    {%- do problems.extend(crm_segmentation.feature_problems(item, where)) -%}
    {%- set type = crm_segmentation.cluster_feature_type(name) -%}
    {%- set of_numbers = keys[3:8] -%}
    {%- for key in item -%}
        {%- if key not in keys -%}
            {%- do problems.append(
                'Unknown key in ' ~ where ~ ": got '" ~ key ~ "'; allowed: "
                ~ keys | join(', ') ~ '. Remove or rename it. '
                ~ crm_segmentation.did_you_mean(key, keys)
            ) -%}
        {%- elif type == 'category' and key in of_numbers -%}
            {%- do problems.append(
                'Key of a number in ' ~ where ~ ", a category: got '" ~ key
                ~ "'; allowed: weight, missing, category_label, reason. Remove it."
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set weight = item.get('weight', 1) -%}
    {%- if weight is not number or weight is boolean or weight <= 0 -%}
        {%- do problems.append(
            'Bad weight in ' ~ where ~ ": got '" ~ weight
            ~ "'; allowed: a number above 0."
        ) -%}
    {%- endif -%}
    {%- set transform = item.get('transform', 'none') -%}
    {%- if transform not in ['none', 'log'] -%}
        {%- do problems.append(
            'Unknown transform in ' ~ where ~ ": got '" ~ transform
            ~ "'; allowed: none, log."
        ) -%}
    {%- endif -%}
    {%- set quantiles = item.get('winsorise') -%}
    {%- if quantiles is not none and (
        quantiles is string or quantiles is mapping or quantiles is not iterable
        or quantiles | length != 2 or quantiles | reject('number') | list
        or not 0 <= quantiles[0] < quantiles[1] <= 1
    ) -%}
        {%- do problems.append(
            'Bad quantiles in ' ~ where ~ ", winsorise: got '" ~ quantiles
            ~ "'; allowed: two numbers from 0 to 1, the lower one first: [0.02, 0.98]."
        ) -%}
    {%- endif -%}
    {%- if item.get('standardise', true) is not boolean -%}
        {%- do problems.append(
            'Not a switch in ' ~ where ~ ", standardise: got '" ~ item.standardise
            ~ "'; allowed: true, false."
        ) -%}
    {%- endif -%}
    {%- set missing = item.get('missing', 'exclude') -%}
    {%- set is_number = missing is number and missing is not boolean -%}
    {%- if type == 'number' and not is_number
        and missing not in ['exclude', 'median'] -%}
        {%- do problems.append(
            'Bad stand-in in ' ~ where ~ ", missing: got '" ~ missing
            ~ "'; allowed: a number, median, exclude."
        ) -%}
    {%- elif type == 'category' and (missing is not string or not missing) -%}
        {%- do problems.append(
            'Bad stand-in in ' ~ where ~ ", missing: got '" ~ missing
            ~ "'; allowed: exclude, or a text that is a category of its own."
        ) -%}
    {%- endif -%}
    {{ return({
        'feature': name,
        'type': type,
        'weight': weight,
        'missing': missing,
        'transform': transform,
        'winsorise': quantiles,
        'standardise': item.get('standardise', true),
        'low_label': item.get('low_label', 'low ' ~ name),
        'high_label': item.get('high_label', 'high ' ~ name),
        'category_label': item.get('category_label', 'mostly {}'),
        'reason': item.get('reason'),
    }) }}
{% endmacro %}

{# number or category; number also for what is no attribute, which is an error. #}
{% macro cluster_feature_type(name) %}
    {%- set attribute = crm_segmentation.attribute_catalog().get(name) -%}
    {{ return(
        'category' if attribute and attribute.type != 'number' else 'number'
    ) }}
{% endmacro %}

{# The base population: attribute to {type, values} or {type, operators}. #}
{% macro read_cluster_base(base, where, problems) %}
    {%- set where = where ~ ', base' -%}
    {%- set read = {} -%}
    {%- if base is not mapping -%}
        {%- do problems.append(
            'Bad base in ' ~ where ~ ": got '" ~ base
            ~ "'; allowed: a mapping of attribute to value, as {order_count_all: "
            ~ '{gt: 0}}.'
        ) -%}
        {{ return(read) }}
    {%- endif -%}
    {%- for name, condition in base.items() -%}
        {%- set wrong = crm_segmentation.feature_problems(
            {'feature': name}, where
        ) -%}
        {%- do problems.extend(wrong) -%}
        {%- set type = crm_segmentation.cluster_feature_type(name) -%}
        {%- set values = condition if condition is iterable
            and condition is not string else [condition] -%}
        {%- set operators = condition if condition is mapping else {} -%}
        {%- set numbers = operators.values() if operators else values -%}
        {%- if not values
            or operators and (
                type != 'number'
                or operators | reject('in', ['gt', 'gte', 'lt', 'lte']) | list
            )
            or type == 'number' and (
                numbers | reject('number') | list or numbers | select('boolean') | list
            )
            or type == 'category' and (
                values | select('number') | reject('boolean') | list
                or values | select('mapping') | list
            ) -%}
            {%- do problems.append(
                'Bad condition in ' ~ where ~ ', ' ~ name ~ ": got '" ~ condition
                ~ "'; allowed: " ~ (
                    'a number, a list of numbers, or gt, gte, lt, lte with a number.'
                    if type == 'number' else 'a text or a list of texts.'
                )
            ) -%}
        {%- endif -%}
        {%- if operators -%}
            {%- do read.update({name: {'type': type, 'operators': operators}}) -%}
        {%- else -%}
            {%- set listed = [] -%}
            {%- for value in values -%}
                {%- do listed.append(
                    value if type == 'number'
                    else value | string | lower if value is boolean
                    else value | string
                ) -%}
            {%- endfor -%}
            {%- do read.update({name: {'type': type, 'values': listed}}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(read) }}
{% endmacro %}

{# What every installation has unless it declares others. #}
{% macro default_clusterings() %}
    {%- set outermost = [0.02, 0.98] -%}
    {{ return({'value': {
        'label': 'Value and behaviour',
        'k': [4, 8],
        'base': {'order_count_all': {'gt': 0}},
        'features': [
            {
                'feature': 'days_since_last_order', 'transform': 'log',
                'winsorise': outermost,
                'low_label': 'bought lately', 'high_label': 'long silent',
            },
            {
                'feature': 'order_count_365d', 'transform': 'log',
                'winsorise': outermost, 'missing': 0,
                'low_label': 'orders rarely', 'high_label': 'orders often',
            },
            {
                'feature': 'revenue_365d', 'transform': 'log',
                'winsorise': outermost, 'missing': 0,
                'low_label': 'low revenue', 'high_label': 'high revenue',
            },
            {
                'feature': 'average_order_value_all', 'transform': 'log',
                'winsorise': outermost, 'missing': 'median',
                'low_label': 'small orders', 'high_label': 'large orders',
            },
            {
                'feature': 'product_count_365d', 'transform': 'log', 'weight': 0.5,
                'winsorise': outermost, 'missing': 0,
                'low_label': 'few products', 'high_label': 'many products',
            },
            {
                'feature': 'visit_count_90d', 'transform': 'log', 'weight': 0.5,
                'winsorise': outermost, 'missing': 0,
                'low_label': 'seldom online', 'high_label': 'often online',
            },
        ],
    }}) }}
{% endmacro %}
