{#
    What each fit reads beside its own declaration, and a hash of what that means
    today: a list of {model_name, kind, name, hash}, known while dbt executes.

    | kind      | name                        | the hash is of                     |
    |-----------|-----------------------------|------------------------------------|
    | attribute | a feature, a trait, or what | the KPI (events, columns, `where`, |
    |           | a rule asks for             | window, parts) or the declaration, |
    |           |                             | settings that it hangs on, and the |
    |           |                             | SQL of the model that it names     |
    | event     | of the setting extra_events | its declaration and its model's SQL |
    | group     | a target, or what a rule    | its rule or steps; of a model      |
    |           | asks for                    | without any, its SQL               |
    | fit       | whose score is asked for    | its declaration                    |
    | flag      | a KPI flag                  | nothing: it is a row, which the    |
    |           |                             | model fit_definitions looks up     |

    What these read in turn is listed, too. Words for people are left out, and of SQL
    comments and white space. Not seen: SQL further up than the named model, macros,
    and rows of lists.
#}
{% macro fit_definitions() %}
    {%- set listed = [] -%}
    {%- if execute -%}
        {%- set known = {} -%}
        {%- for model_name, reads in crm_segmentation.fit_reads().items() -%}
            {%- set found = {} -%}
            {#- grows while it is gone through -#}
            {%- set things = reads | list -%}
            {%- for thing in things if thing not in found -%}
                {%- if thing not in known -%}
                    {%- do known.update({
                        thing: crm_segmentation.definition_of(thing[0], thing[1])
                    }) -%}
                {%- endif -%}
                {%- do found.update({thing: true}) -%}
                {%- do things.extend(known[thing].reads) -%}
                {%- do listed.append({
                    'model_name': model_name,
                    'kind': thing[0],
                    'name': thing[1],
                    'hash': crm_segmentation.short_hash(known[thing].means),
                }) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(listed) }}
{% endmacro %}

{# Enough to tell two meanings apart that follow on each other. #}
{% macro short_hash(means) %}
    {{ return(crm_segmentation.declaration_hash(means)[:8]) }}
{% endmacro %}

{#
    Name of each fit -> list of (kind, name): its features, and what its target or its
    criteria name.
#}
{% macro fit_reads() %}
    {{ return(
        crm_segmentation.kept_for_run('fit_reads')
        or crm_segmentation.keep_for_run('fit_reads', crm_segmentation.build_fit_reads())
    ) }}
{% endmacro %}

{% macro build_fit_reads() %}
    {%- set reads = {} -%}
    {%- for name in crm_segmentation.fit_declarations() -%}
        {%- do reads.update({name: []}) -%}
    {%- endfor -%}
    {%- for entry in crm_segmentation.modelling_feature_declarations() -%}
        {%- for fit in entry.fits -%}
            {%- do reads[fit].append(('attribute', entry.feature)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for objective in crm_segmentation.objective_declarations() -%}
        {%- do reads[objective.name].extend(crm_segmentation.rule_reads(
            [objective.considered, objective.ideal, objective.base]
        )) -%}
    {%- endfor -%}
    {%- set targets = {} -%}
    {%- for target in crm_segmentation.modelling_target_declarations() -%}
        {%- for kind in ['group', 'flag', 'attribute'] if kind in target -%}
            {%- do targets.update({target.name: (kind, target[kind])}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for tree in crm_segmentation.decision_tree_declarations() -%}
        {%- if tree.target in targets -%}
            {%- do reads[tree.name].append(targets[tree.target]) -%}
        {%- endif -%}
        {%- do reads[tree.name].extend(
            crm_segmentation.rule_reads(crm_segmentation.tree_population())
        ) -%}
    {%- endfor -%}
    {{ return(reads) }}
{% endmacro %}

{#
    What a rule, or the steps of a group, can name: of all texts in it those that are
    attributes, declared events or groups. A value of the same name is listed, too,
    which only ever lists more. Flags are any texts of a rule that asks for kpi_flags.
#}
{% macro rule_reads(rule) %}
    {%- set catalog = crm_segmentation.attribute_catalog() -%}
    {%- set events = crm_segmentation.setting('extra_events') or {} -%}
    {%- set groups = crm_segmentation.groups_as_published() -%}
    {%- set texts = {} -%}
    {%- set parts = [rule] -%}
    {#- grows while it is gone through: no stack, however deep the rule -#}
    {%- for part in parts -%}
        {%- if part is string -%}
            {%- do texts.update({part: true}) -%}
        {%- elif part is mapping -%}
            {%- do parts.extend(part.keys()) -%}
            {%- do parts.extend(part.values()) -%}
        {%- elif part is iterable -%}
            {%- do parts.extend(part) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set reads = [] -%}
    {%- for text in texts -%}
        {%- if text in catalog and text != 'kpi_flags' -%}
            {%- do reads.append(('attribute', text)) -%}
        {%- endif -%}
        {%- if text in events -%}
            {%- do reads.append(('event', text)) -%}
        {%- endif -%}
        {%- if text in groups -%}
            {%- do reads.append(('group', text)) -%}
        {%- endif -%}
        {%- if 'kpi_flags' in texts and text not in catalog -%}
            {%- do reads.append(('flag', text)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(reads) }}
{% endmacro %}

{# Profiles, target groups and lookalikes as they published themselves, by name. #}
{% macro groups_as_published() %}
    {%- set groups = crm_segmentation.kept_for_run('groups_as_published') -%}
    {%- if not groups -%}
        {%- set groups = {} -%}
        {%- for node in (graph.nodes or {}).values()
            if node.resource_type == 'model' -%}
            {%- set published = (node.config.get('meta') or {}).get('crm_segmentation') -%}
            {%- if published and published.get('kind')
                in ['profile', 'target_group', 'lookalike'] -%}
                {%- do groups.update({node.name: published}) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if execute -%}
            {%- do crm_segmentation.keep_for_run('groups_as_published', groups) -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(groups) }}
{% endmacro %}

{# What one thing means today, and what that reads: {means, reads}. #}
{% macro definition_of(kind, name) %}
    {%- if kind == 'attribute' -%}
        {{ return(crm_segmentation.attribute_definition(name)) }}
    {%- elif kind == 'event' -%}
        {%- set event = crm_segmentation.setting('extra_events')[name] -%}
        {{ return({'reads': [], 'means': {
            'columns': event.get('columns'),
            'sql': crm_segmentation.model_sql(event.model),
        }}) }}
    {%- elif kind == 'fit' -%}
        {{ return({
            'means': crm_segmentation.fit_declarations()[name],
            'reads': crm_segmentation.fit_reads()[name],
        }) }}
    {%- elif kind == 'group' -%}
        {%- set published = crm_segmentation.groups_as_published().get(name) -%}
        {%- if not published -%}
            {{ return({'reads': [], 'means': {
                'sql': crm_segmentation.model_sql(name)
            }}) }}
        {%- endif -%}
        {{ return({
            'means': published.get('rule_hash', published.get('group_hash')),
            'reads': crm_segmentation.rule_reads(
                [published.tree, published.get('base')]
            ),
        }) }}
    {%- endif -%}
    {{ return({'means': name, 'reads': []}) }}
{% endmacro %}

{% macro attribute_definition(name) %}
    {%- set columns = crm_segmentation.kpi_columns()
        | selectattr('column', 'equalto', name) | list -%}
    {%- if columns -%}
        {%- set events = crm_segmentation.setting('extra_events') or {} -%}
        {%- set means = dict(
            crm_segmentation.kpi_meaning(columns[0].kpi), window=columns[0].window
        ) -%}
        {%- set reads = [] -%}
        {%- for event in events if '"' ~ event ~ '"' in tojson(means) -%}
            {%- do reads.append(('event', event)) -%}
        {%- endfor -%}
        {{ return({'means': means, 'reads': reads}) }}
    {%- endif -%}
    {%- set attribute = crm_segmentation.attribute_catalog()[name] -%}
    {%- set fit = crm_segmentation.fit_of_score(name, attribute) -%}
    {%- set means = {
        'type': attribute.type,
        'sql_type': attribute.sql_type,
        'model': attribute.model,
        'column': attribute.column,
    } -%}
    {%- if not fit and attribute.model
        not in ['account_attributes', 'account_attribute_values'] -%}
        {%- do means.update({'sql': crm_segmentation.model_sql(attribute.model)}) -%}
    {%- endif -%}
    {%- set settings = [] -%}
    {%- if attribute.type == 'date' -%}
        {%- do settings.append('modelling_sample_band_years') -%}
    {%- endif -%}
    {%- if attribute.model == 'account_purchase_outlook' -%}
        {%- do settings.append('purchase_outlook') -%}
    {%- endif -%}
    {%- if name in ['renewal_on', 'has_running_contract'] -%}
        {%- do settings.append('contract_statuses_without_renewal') -%}
    {%- endif -%}
    {%- for setting in settings -%}
        {%- do means.update({setting: crm_segmentation.setting(setting)}) -%}
    {%- endfor -%}
    {{ return({'means': means, 'reads': [('fit', fit)] if fit else []}) }}
{% endmacro %}

{# What a KPI counts, without its words: two KPIs of one meaning are the same. #}
{% macro kpi_meaning(kpi) %}
    {%- set means = {
        'kind': kpi.kind,
        'sql_type': kpi.sql_type,
        'time_zone': crm_segmentation.setting('time_zone'),
    } -%}
    {%- for key in ['of', 'prior', 'with_amount'] if kpi.get(key) is not none -%}
        {%- do means.update({key: kpi[key]}) -%}
    {%- endfor -%}
    {%- for key in ['add', 'less'] -%}
        {%- do means.update({key: kpi[key] | sort}) -%}
    {%- endfor -%}
    {%- set where = {} -%}
    {%- for column, values in kpi['where'].items() -%}
        {%- do where.update({
            column: [values] if values is string else values | sort
        }) -%}
    {%- endfor -%}
    {%- do means.update({'where': where}) -%}
    {%- if kpi.kind in ['ratio', 'change_percent'] -%}
        {%- set parts = [] -%}
        {%- for part in kpi.parts -%}
            {%- do parts.append(crm_segmentation.kpi_meaning(part)) -%}
        {%- endfor -%}
        {%- do means.update({'parts': parts}) -%}
    {%- else -%}
        {%- set counted = kpi[kpi.kind] -%}
        {%- do means.update({
            'counted': counted | sort
                if counted is iterable and counted is not string else [counted]
        }) -%}
    {%- endif -%}
    {%- set settings = [] -%}
    {%- if kpi.get('sum') in ['net_amount', 'profit_amount'] -%}
        {%- do settings.extend(['reporting_currency', 'max_rate_age_days']) -%}
    {%- elif kpi.kind == 'days_until' -%}
        {%- do settings.append('contract_statuses_without_renewal') -%}
    {%- endif -%}
    {%- for setting in settings -%}
        {%- do means.update({setting: crm_segmentation.setting(setting)}) -%}
    {%- endfor -%}
    {{ return(means) }}
{% endmacro %}

{# Name of the fit that made a score; none for what no fit made. #}
{% macro fit_of_score(name, attribute) %}
    {%- if attribute.group == 'scores' -%}
        {%- for fit in crm_segmentation.fit_declarations() -%}
            {%- if name in [
                fit, fit ~ '_label', fit ~ '_probability',
                'closest_fit_' ~ fit, 'fit_distance_' ~ fit
            ] -%}
                {{ return(fit) }}
            {%- endif -%}
        {%- endfor -%}
        {{ return(
            'lifetime' if attribute.model == 'account_lifetime_values' else 'rfm'
        ) }}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}

{#
    The SQL of a model as it is written, without comments and with one blank for white
    space of any length; none where no model of the name is known.
#}
{% macro model_sql(name) %}
    {%- for node in (graph.nodes or {}).values()
        if node.name == name and node.resource_type in ['model', 'seed', 'snapshot'] -%}
        {%- set bare = modules.re.sub(
            '(?s)\\{#.*?#\\}|/\\*.*?\\*/|(?<!\\S)--[^\\n]*', ' ', node.raw_code or ''
        ) -%}
        {{ return(modules.re.sub('\\s+', ' ', bare).strip()) }}
    {%- endfor -%}
    {{ return(none) }}
{% endmacro %}
