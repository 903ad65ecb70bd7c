{#
    The declaration of RFM in full: the var `rfm` over these defaults. A change of
    what is fitted (dimensions, kpi, bins, method, thresholds) takes effect with a
    refit; until then a test stops the build before it scores.

    | key           | meaning                                                  |
    |---------------|----------------------------------------------------------|
    | dimensions    | dimension -> its keys, below. recency, frequency and     |
    |               | monetary are always there, length and variety where they |
    |               | are named                                                |
    | bins          | scores of a dimension, 2 to 9; default 5                 |
    | method        | how cut points are found: quantile (default), thresholds |
    |               | or natural_breaks                                        |
    | segments      | seed with a row for every code: rfm_code, rfm_segment;   |
    |               | default rfm_segments, which is for three dimensions of   |
    |               | five bins; none: codes without names                     |
    | segment_names | the names in it, so that a rule that asks for another    |
    |               | one is refused; without it any name is taken             |

    | key of a dimension | meaning                                             |
    |--------------------|-----------------------------------------------------|
    | kpi                | a KPI column that is a number. Its declaration says |
    |                    | the window and what counts as an order (`where`).   |
    |                    | Recency is days since the last order, so its KPI is |
    |                    | of that kind                                        |
    | weight             | in the weighted score, above 0; default 1           |
    | bins, method       | where they differ from those above                  |
    | thresholds         | the bins - 1 cut points of the method thresholds,   |
    |                    | ascending; a value at one scores with those below   |

    Gives {dimensions: [{dimension, kpi, bins, weight, method, thresholds, scale,
    is_descending}], segments, segment_names, code_count}. The code of an account is
    its scores in the order of rfm_dimension_names().

    Errors: whatever is wrong, all of it together.
#}
{% macro rfm_declaration() %}
    {{ return(
        crm_segmentation.kept_for_run('rfm_declaration')
        or crm_segmentation.keep_for_run(
            'rfm_declaration', crm_segmentation.read_rfm_declaration()
        )
    ) }}
{% endmacro %}

{# Dimensions in the order of a code, with the KPI of each unless another is named. #}
{% macro rfm_default_kpis() %}
    {{ return({
        'recency': 'days_since_last_order',
        'frequency': 'order_count_all',
        'monetary': 'revenue_all',
        'length': 'days_since_first_order',
        'variety': 'product_count_all',
    }) }}
{% endmacro %}

{% macro rfm_dimension_names() %}
    {{ return(crm_segmentation.rfm_default_kpis().keys() | list) }}
{% endmacro %}

{% macro read_rfm_declaration() %}
    {%- set given = crm_segmentation.setting('rfm') or {} -%}
    {%- set known = crm_segmentation.rfm_default_kpis() -%}
    {%- set problems = crm_segmentation.rfm_unknown_keys(
        given, ['dimensions', 'bins', 'method', 'segments', 'segment_names'],
        "var 'rfm'"
    ) -%}
    {%- set named = given.get('dimensions') or {} -%}
    {%- if named is not mapping -%}
        {%- do problems.append(
            "No mapping in var 'rfm', dimensions: got '" ~ named ~ "'; allowed: "
            ~ 'dimension: {kpi: .., bins: ..} for each. Write it so.'
        ) -%}
        {%- set named = {} -%}
    {%- endif -%}
    {%- for name in named if name not in known -%}
        {%- do problems.append(
            "Unknown dimension in var 'rfm', dimensions: got '" ~ name
            ~ "'; allowed: " ~ known.keys() | join(', ') ~ '. '
            ~ crm_segmentation.did_you_mean(name, known.keys())
        ) -%}
    {%- endfor -%}
    {%- set dimensions = [] -%}
    {%- for name, kpi in known.items()
        if name in named or name in ['recency', 'frequency', 'monetary'] -%}
        {%- set keys = named.get(name) or {} -%}
        {%- if keys is not mapping -%}
            {%- do problems.append(
                "No mapping in var 'rfm', dimension " ~ name ~ ": got '" ~ keys
                ~ "'; allowed: {kpi: .., bins: .., weight: .., method: .., "
                ~ 'thresholds: [..]}. Write {kpi: ' ~ keys ~ '} to name its KPI.'
            ) -%}
        {%- else -%}
            {%- set dimension = {
                'dimension': name,
                'kpi': keys.get('kpi', kpi),
                'bins': keys.get('bins', given.get('bins', 5)),
                'weight': keys.get('weight', 1),
                'method': keys.get('method', given.get('method', 'quantile')),
                'thresholds': keys.get('thresholds'),
                'is_descending': name == 'recency',
            } -%}
            {%- do problems.extend(crm_segmentation.rfm_unknown_keys(
                keys, ['kpi', 'bins', 'weight', 'method', 'thresholds'],
                "var 'rfm', dimension " ~ name
            )) -%}
            {%- do problems.extend(
                crm_segmentation.rfm_dimension_problems(dimension)
            ) -%}
            {%- do dimensions.append(dimension) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set bins = dimensions | map(attribute='bins') | list -%}
    {%- if not problems and 'segments' not in given and bins != [5, 5, 5] -%}
        {%- do problems.append(
            "No map of segments for the codes of var 'rfm': got dimensions "
            ~ dimensions | map(attribute='dimension') | join(', ') ~ ' of '
            ~ bins | join(' x ') ~ ' bins; allowed: 5 x 5 x 5 of the first three, which '
            ~ 'the seed rfm_segments is for. '
            ~ "Name a seed of yours with a row for every code (rfm_code, "
            ~ "rfm_segment) as segments, or write segments: null to go without names."
        ) -%}
    {%- endif -%}
    {%- set segments = given.get('segments', 'rfm_segments') -%}
    {%- if segments is not none
        and not modules.re.match('^[A-Za-z_][A-Za-z0-9_]*\\Z', segments | string) -%}
        {%- do problems.append(
            "No name of a seed in var 'rfm', segments: got '" ~ segments
            ~ "'; allowed: the name of a seed or model, or null. Name one."
        ) -%}
    {%- endif -%}
    {%- set names = given.get('segment_names') -%}
    {%- if names is not none and (
        names is string or names is mapping or names is not iterable
    ) -%}
        {%- do problems.append(
            "No list in var 'rfm', segment_names: got '" ~ names
            ~ "'; allowed: a list of texts. Write [..]."
        ) -%}
    {%- endif -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(
            "The setting 'rfm' has " ~ problems | length ~ ' error(s):\n- '
            ~ problems | join('\n- ')
        ) }}
    {%- endif -%}
    {%- if names is none and segments == 'rfm_segments' -%}
        {%- set names = crm_segmentation.rfm_segment_names() -%}
    {%- endif -%}
    {%- set types = crm_segmentation.kpi_attributes() -%}
    {%- set count = namespace(codes=1) -%}
    {%- for dimension in dimensions -%}
        {#- cut points are compared in the digits of the KPI, two at least -#}
        {%- set digits = modules.re.search(
            ', *([0-9]+) *\\)', types[dimension.kpi].sql_type
        ) -%}
        {%- do dimension.update({
            'scale': [2, (digits.group(1) | int) if digits else 0] | max
        }) -%}
        {%- set count.codes = count.codes * dimension.bins -%}
    {%- endfor -%}
    {{ return({
        'dimensions': dimensions,
        'segments': segments,
        'segment_names': names,
        'code_count': count.codes,
    }) }}
{% endmacro %}

{% macro rfm_unknown_keys(given, allowed, where) %}
    {%- set problems = [] -%}
    {%- for key in given if key not in allowed -%}
        {%- do problems.append(
            'Unknown key in ' ~ where ~ ": got '" ~ key ~ "'; allowed: "
            ~ allowed | join(', ') ~ '. '
            ~ crm_segmentation.did_you_mean(key, allowed)
        ) -%}
    {%- endfor -%}
    {{ return(problems) }}
{% endmacro %}

{# What is wrong with one dimension, as a list of texts. #}
{% macro rfm_dimension_problems(dimension) %}
    {%- set problems = [] -%}
    {%- set here = " in var 'rfm', dimension " ~ dimension.dimension ~ ", " -%}
    {%- set columns = crm_segmentation.kpi_columns()
        | selectattr('type', 'equalto', 'number') | list -%}
    {%- set names = columns | map(attribute='column') | list -%}
    {%- set found = columns | selectattr('column', 'equalto', dimension.kpi) | list -%}
    {%- if not found -%}
        {%- do problems.append(
            'Unknown KPI' ~ here ~ "kpi: got '" ~ dimension.kpi
            ~ "'; allowed: a KPI column that is a number, like revenue_365d. "
            ~ crm_segmentation.did_you_mean(dimension.kpi, names)
        ) -%}
    {%- elif dimension.is_descending
        and found[0].kpi.get('days_since_last') != 'order' -%}
        {%- do problems.append(
            'No days since the last order' ~ here ~ "kpi: got '" ~ dimension.kpi
            ~ "'; allowed: days_since_last_order, or a KPI of the var extra_kpis with "
            ~ 'days_since_last: order and a `where` of its own. Name one of them.'
        ) -%}
    {%- endif -%}
    {%- set has_bins = dimension.bins is integer and dimension.bins is not boolean
        and 2 <= dimension.bins <= 9 -%}
    {%- if not has_bins -%}
        {%- do problems.append(
            'Bad number of bins' ~ here ~ "bins: got '" ~ dimension.bins
            ~ "'; allowed: a whole number from 2 to 9, since a score is one digit of "
            ~ 'the code. Give one.'
        ) -%}
    {%- endif -%}
    {%- set weight = dimension.weight -%}
    {%- if weight is not number or weight is boolean or weight <= 0 -%}
        {%- do problems.append(
            'Bad weight' ~ here ~ "weight: got '" ~ weight
            ~ "'; allowed: a number above 0. Leave out a dimension that is to count "
            ~ 'for nothing, or give it a small weight.'
        ) -%}
    {%- endif -%}
    {%- set methods = ['quantile', 'thresholds', 'natural_breaks'] -%}
    {%- set cuts = dimension.thresholds -%}
    {%- if dimension.method not in methods -%}
        {%- do problems.append(
            'Unknown method' ~ here ~ "method: got '" ~ dimension.method
            ~ "'; allowed: " ~ methods | join(', ') ~ '. '
            ~ crm_segmentation.did_you_mean(dimension.method, methods)
        ) -%}
    {%- elif dimension.method != 'thresholds' and cuts is not none -%}
        {%- do problems.append(
            'Thresholds without their method' ~ here ~ "thresholds: got '" ~ cuts
            ~ "' with method " ~ dimension.method ~ '; allowed: with method '
            ~ 'thresholds. Name that method or take them away.'
        ) -%}
    {%- elif dimension.method == 'thresholds' and has_bins -%}
        {%- set sound = namespace(so=(
            cuts is not none and cuts is not string and cuts is not mapping
            and cuts is iterable and cuts | length == dimension.bins - 1
        )) -%}
        {%- if sound.so -%}
            {%- for cut in cuts -%}
                {%- if cut is not number or cut is boolean
                    or cut | round(2) != cut
                    or (not loop.first and loop.previtem is number
                        and cut <= loop.previtem) -%}
                    {%- set sound.so = false -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endif -%}
        {%- if not sound.so -%}
            {%- do problems.append(
                'Bad thresholds' ~ here ~ "thresholds: got '" ~ cuts
                ~ "'; allowed: " ~ (dimension.bins - 1) ~ ' numbers (one fewer than '
                ~ 'bins), ascending, with two decimals at most. Give them.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(problems) }}
{% endmacro %}

{# The segments of the seed rfm_segments, from the best to the lost. #}
{% macro rfm_segment_names() %}
    {{ return([
        'Champions', 'Loyal', 'Potential loyalists', 'New customers', 'Promising',
        'Need attention', 'About to sleep', 'At risk', 'Cannot lose them',
        'Hibernating', 'Lost'
    ]) }}
{% endmacro %}

{# What the RFM fit reads from the modelling sample: see sampled_features(). #}
{% macro rfm_sampled_features() %}
    {%- set entries = [] -%}
    {%- for dimension in crm_segmentation.rfm_declaration().dimensions -%}
        {%- do entries.append({
            'feature': dimension.kpi,
            'fits': ['rfm'],
            'where': "var 'rfm', dimension " ~ dimension.dimension,
        }) -%}
    {%- endfor -%}
    {{ return(entries) }}
{% endmacro %}

{#
    The declared RFM model, by name: what its cut points follow from. Weights and
    names of segments are none of it: they take effect at once.
#}
{% macro rfm_fit_declarations() %}
    {%- set fitted = {} -%}
    {%- for dimension in crm_segmentation.rfm_declaration().dimensions -%}
        {%- do fitted.update({dimension.dimension: {
            'kpi': dimension.kpi,
            'bins': dimension.bins,
            'method': dimension.method,
            'thresholds': dimension.thresholds,
        }}) -%}
    {%- endfor -%}
    {{ return({'rfm': fitted}) }}
{% endmacro %}
