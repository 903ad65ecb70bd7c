{#
    What the modelling sample holds: the union of what the fits declare. Each topic
    declares its own in a macro `<topic>_sampled_features()`, a list of

    | key         | meaning                                                   |
    |-------------|-----------------------------------------------------------|
    | feature     | name of an attribute; KPI columns are attributes          |
    | fits        | names of the fits that read it                            |
    | past_months | numbers of months back from the month of as_of, 0 for the |
    |             | as_of day itself and 1 to 23 for a month end, which only  |
    |             | KPIs of account_kpis_monthly have; default [0]            |
    | reason      | why a protected attribute enters the fit; refused without |
    | where       | what the user would edit, for errors                      |

    Gives a list of: feature, type (number or category), sql (its expression over
    the CTEs of modelling_sample), past_months, in the order of declaration.

    Errors: see feature_problems(); all of them together.
#}
{% macro sampled_features() %}
    {%- set sampled = {} -%}
    {%- for entry in crm_segmentation.modelling_feature_declarations() -%}
        {%- set known = sampled.setdefault(entry.feature, {
            'feature': entry.feature,
            'type': entry.type,
            'past_months': [],
        }) -%}
        {%- for months in entry.past_months
            if months not in known.past_months -%}
            {%- do known.past_months.append(months) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(sampled.values() | list) }}
{% endmacro %}

{# Every declared feature of every topic, checked and with every key. #}
{% macro modelling_feature_declarations() %}
    {{ return(
        crm_segmentation.kept_for_run('modelling_features')
        or crm_segmentation.keep_for_run(
            'modelling_features', crm_segmentation.build_modelling_features()
        )
    ) }}
{% endmacro %}

{% macro build_modelling_features() %}
    {%- set topics = {
        'rfm': crm_segmentation.rfm_sampled_features(),
        'clusters': crm_segmentation.cluster_sampled_features(),
        'lifetime': crm_segmentation.lifetime_sampled_features(),
        'propensity': crm_segmentation.propensity_sampled_features(),
        'tree': crm_segmentation.tree_sampled_features(),
        'objective': crm_segmentation.objective_sampled_features(),
    } -%}
    {%- set declared = [] -%}
    {%- set problems = [] -%}
    {%- for topic, entries in topics.items() -%}
        {%- for entry in entries -%}
            {%- set where = entry.get('where', topic ~ '_sampled_features()') -%}
            {%- set wrong = crm_segmentation.feature_problems(entry, where) -%}
            {%- for problem in wrong -%}
                {%- do problems.append(problem) -%}
            {%- else -%}
                {%- set attribute = crm_segmentation.attribute_catalog()[entry.feature] -%}
                {%- do declared.append({
                    'topic': topic,
                    'feature': entry.feature,
                    'fits': entry.fits,
                    'type': 'number' if attribute.type == 'number' else 'category',
                    'past_months': entry.get('past_months', [0]),
                    'protected': attribute.protected,
                    'reason': entry.get('reason'),
                }) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(
            'The features of the fits have ' ~ problems | unique | list | length
            ~ ' error(s):\n- ' ~ problems | unique | join('\n- ')
        ) }}
    {%- endif -%}
    {{ return(declared) }}
{% endmacro %}

{#
    What is wrong with one declared feature, as a list of texts: a name that is no
    attribute, one that identifies a person, one that a fit made, a kind that no fit
    reads, a protected one without a reason, months that are not kept.
#}
{% macro feature_problems(entry, where) %}
    {%- set catalog = crm_segmentation.attribute_catalog() -%}
    {%- set named = " in " ~ where ~ ": got '" ~ entry.feature ~ "'" -%}
    {%- if entry.feature not in catalog -%}
        {{ return([
            'Unknown feature' ~ named ~ '; allowed: an attribute of the catalogue. '
            ~ crm_segmentation.did_you_mean(entry.feature, catalog.keys() | list)
        ]) }}
    {%- endif -%}
    {%- set attribute = catalog[entry.feature] -%}
    {%- set problems = [] -%}
    {%- if attribute.identifying -%}
        {%- do problems.append(
            'Identifying attribute as a feature' ~ named ~ '; allowed: attributes that '
            ~ 'do not say who or where somebody is. Take a coarser one, like '
            ~ 'country_code, or leave it out.'
        ) -%}
    {%- endif -%}
    {%- if attribute.group == 'scores' -%}
        {%- do problems.append(
            'Score as a feature' ~ named ~ '; allowed: attributes that no fit made, '
            ~ 'since fits read the sample. Take the KPIs behind it.'
        ) -%}
    {%- endif -%}
    {%- if attribute.type in ['values', 'point', 'timestamp'] -%}
        {%- do problems.append(
            'Feature of type ' ~ attribute.type ~ named ~ '; allowed: attributes of '
            ~ 'type number, text, boolean or date. Leave it out.'
        ) -%}
    {%- endif -%}
    {%- if attribute.protected and not entry.get('reason') -%}
        {%- do problems.append(
            'Protected attribute without a reason' ~ named ~ '; allowed: attributes '
            ~ 'that are not protected, or this one with why it is needed and '
            ~ 'permitted. Leave it out, or add reason: <text>.'
        ) -%}
    {%- endif -%}
    {%- set monthly = crm_segmentation.monthly_kpi_names() -%}
    {%- set months = entry.get('past_months', [0]) -%}
    {%- for month in months
        if month is not integer or month is boolean or month < 0 or month > 23 -%}
        {%- do problems.append(
            'Bad number of months' ~ named ~ ', past_months ' ~ months
            ~ '; allowed: 0 for the as_of day and 1 to 23 for month ends.'
        ) -%}
    {%- else -%}
        {%- if months != [0] and entry.feature not in monthly -%}
            {%- do problems.append(
                'No past of a feature' ~ named ~ ', past_months ' ~ months
                ~ '; allowed: [0], or a KPI that is a number and is kept by month.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(problems) }}
{% endmacro %}

{# KPI columns that account_kpis_monthly has and that are numbers. #}
{% macro monthly_kpi_names() %}
    {%- set names = [] -%}
    {%- for column in crm_segmentation.kpi_columns('own')
        if column.type == 'number' -%}
        {%- do names.append(column.column) -%}
    {%- endfor -%}
    {{ return(names) }}
{% endmacro %}

{# The day of `months` back: as_of itself, or the month end so many months before. #}
{% macro sampled_day(months) %}
    {%- set day = crm_segmentation.as_of_date() -%}
    {{ return(
        day if months == 0
        else crm_segmentation.add_months(day.replace(day=1), -months)
    ) }}
{% endmacro %}

{#
    SQL: what is left of an account's identity in the sample. Without the salt nobody
    who knows the account can find its row.
#}
{% macro sample_key(account_id) %}
    {{- return(
        "md5("
        ~ crm_segmentation.text_literal(
            'sample:' ~ crm_segmentation.modelling_sample_salt() ~ ':'
        )
        ~ " || " ~ account_id ~ ")"
    ) -}}
{% endmacro %}

{#
    The salt: the setting, else the environment variable CRM_SEGMENTATION_SAMPLE_SALT,
    which keeps it out of the repository, else the one that everybody can read here.
#}
{% macro modelling_sample_salt() %}
    {{ return(
        crm_segmentation.setting('modelling_sample_salt')
        or env_var('CRM_SEGMENTATION_SAMPLE_SALT', '')
        or 'modelling'
    ) }}
{% endmacro %}

{# Warn of a salt that everybody can read; the demo company has no secrets. #}
{% macro warn_of_known_salt() %}
    {%- if execute and crm_segmentation.modelling_sample_salt() == 'modelling'
        and not crm_segmentation.is_demo() -%}
        {%- do exceptions.warn(
            "Known salt of modelling_sample: got the default of the package, with "
            ~ "which whoever has an account_id finds its row; allowed: a secret. Set "
            ~ "the environment variable CRM_SEGMENTATION_SAMPLE_SALT or the var "
            ~ "'modelling_sample_salt'. Another salt draws another sample."
        ) -%}
    {%- endif -%}
{% endmacro %}
