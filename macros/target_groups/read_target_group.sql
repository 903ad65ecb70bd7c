{#
    The checked steps of a target group, shorthands written out, and what is wrong
    with them: {'steps': .., 'problems': [..]}. Steps have the keys combine, groups,
    remove, include_list, exclude_list and reduce (none, or a dict of to or
    to_percent, and random or keep and of); they are sound if there is no problem.

    | argument | meaning                                             |
    |----------|-----------------------------------------------------|
    | text     | the YAML                                            |
    | own_name | the model's name, since no group combines itself    |
#}
{% macro read_target_group(text, own_name) %}
    {%- set problems = [] -%}
    {%- set written = fromyaml(text) -%}
    {%- set combinations = ['merge', 'intersect', 'difference'] -%}
    {%- set allowed = combinations
        + ['remove', 'include_list', 'exclude_list', 'reduce'] -%}
    {%- set steps = {
        'combine': none, 'groups': [], 'remove': [], 'include_list': [],
        'exclude_list': [], 'reduce': none
    } -%}

    {%- if written is not mapping -%}
        {%- do problems.append(
            'the text is no YAML mapping of steps; allowed: '
            ~ allowed | join(', ') ~ '. Write one step a line, like '
            ~ "'merge: [vip, at_risk]'"
        ) -%}
        {%- set written = {} -%}
    {%- else -%}
        {%- for key in written if key not in allowed -%}
            {%- do problems.append(crm_segmentation.unknown_word(
                'step', key, allowed, ''
            )) -%}
        {%- endfor -%}
        {%- set chosen = combinations | select('in', written) | list -%}
        {%- if chosen | length == 1 -%}
            {%- do steps.update({'combine': chosen[0]}) -%}
        {%- else -%}
            {%- do problems.append(
                'got ' ~ (chosen | join(' and ') or 'none of merge, intersect, '
                ~ 'difference') ~ '; allowed: exactly one of '
                ~ combinations | join(', ') ~ '. Build the rest as a group of '
                ~ 'its own and name it here'
            ) -%}
        {%- endif -%}

        {%- for step in allowed if step in written and step != 'reduce' -%}
            {%- set names = crm_segmentation.read_group_names(
                written[step], step, own_name, problems,
                at_least=2 if step in ['intersect', 'difference'] else 1
            ) -%}
            {%- do steps.update(
                {'groups' if step in combinations else step: names}
            ) -%}
        {%- endfor -%}
        {%- if 'reduce' in written -%}
            {%- do steps.update({'reduce': crm_segmentation.read_reduce(
                written.reduce, problems
            )}) -%}
        {%- endif -%}
    {%- endif -%}

    {{ return({'steps': steps, 'problems': problems}) }}
{% endmacro %}

{# The names of a step as a list; what is wrong is added to `problems`. #}
{% macro read_group_names(value, step, own_name, problems, at_least) %}
    {%- set names = [value] if value is string else value -%}
    {%- set mend = '. Write ' ~ step ~ ': ['
        ~ ['first_group', 'second_group'][:at_least] | join(', ') ~ ']' -%}
    {%- if names is mapping or names is not iterable or not names -%}
        {%- do problems.append(
            step ~ ": got '" ~ value ~ "'; allowed: a list of names" ~ mend
        ) -%}
        {{ return([]) }}
    {%- endif -%}
    {%- if names | length < at_least -%}
        {%- do problems.append(
            step ~ ': got ' ~ names | length ~ ' name; allowed: ' ~ at_least
            ~ ' or more' ~ mend
        ) -%}
    {%- endif -%}
    {%- set seen = [] -%}
    {%- for found in names -%}
        {%- set place = step ~ '[' ~ loop.index0 ~ ']' -%}
        {%- if found is not string
            or not modules.re.match('^[a-z][a-z0-9_]*\\Z', found)
            or found | length > 63 -%}
            {%- do problems.append(
                place ~ ": got '" ~ found ~ "'; allowed: the name of a model, a "
                ~ 'small letter, then small letters, digits and _, 63 at most'
                ~ ('. YAML reads NO, yes, on and off as booleans: put the name '
                ~ 'in quotes' if found is boolean
                else '. Write the name of the model as its file has it')
            ) -%}
        {%- elif found == own_name -%}
            {%- do problems.append(
                place ~ ": got '" ~ found ~ "', the group itself; allowed: "
                ~ 'profiles and other groups. Remove it'
            ) -%}
        {%- elif found in seen -%}
            {%- do problems.append(
                place ~ ": got '" ~ found ~ "' a second time; allowed: each name "
                ~ 'once. Remove it'
            ) -%}
        {%- endif -%}
        {%- do seen.append(found) -%}
    {%- endfor -%}
    {{ return(seen) }}
{% endmacro %}

{# The step `reduce`, checked; what is wrong is added to `problems`. #}
{% macro read_reduce(written, problems) %}
    {%- set allowed = ['to', 'to_percent', 'keep', 'of', 'random'] -%}
    {%- if written is not mapping -%}
        {%- do problems.append(
            "reduce: got '" ~ written ~ "'; allowed: a mapping with "
            ~ allowed | join(', ')
            ~ '. Write reduce: {to: 5000, keep: highest, of: revenue_365d}'
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- for key in written if key not in allowed -%}
        {%- do problems.append(
            crm_segmentation.unknown_word('key', key, allowed, 'reduce')
        ) -%}
    {%- endfor -%}
    {%- set reduce = {} -%}

    {%- if ('to' in written) == ('to_percent' in written) -%}
        {%- do problems.append(
            'reduce: got ' ~ ('both to and to_percent' if 'to' in written
            else 'neither to nor to_percent')
            ~ '; allowed: exactly one of them. Write how many accounts may stay'
        ) -%}
    {%- endif -%}
    {%- if 'to' in written -%}
        {%- set to = written.to -%}
        {%- if to is boolean or to is not integer or to < 1 -%}
            {%- do problems.append(
                "reduce.to: got '" ~ to ~ "'; allowed: a whole number from 1, in "
                ~ 'plain digits. Write reduce: {to: 5000, ...}'
            ) -%}
        {%- endif -%}
        {%- do reduce.update({'to': to}) -%}
    {%- endif -%}
    {%- if 'to_percent' in written -%}
        {%- set percent = written.to_percent -%}
        {%- set in_range = percent is number and percent is not boolean
            and percent > 0 and percent <= 100 -%}
        {%- set hundredths = (percent * 100) | round | int if in_range else 0 -%}
        {%- if hundredths < 1 or hundredths / 100 != percent -%}
            {%- do problems.append(
                "reduce.to_percent: got '" ~ percent ~ "'; allowed: a number above "
                ~ '0, 100 at most, with two decimals at most. Write reduce: '
                ~ '{to_percent: 12.5, ...}'
            ) -%}
        {%- endif -%}
        {%- do reduce.update({'to_percent': hundredths / 100}) -%}
    {%- endif -%}

    {%- if 'random' in written -%}
        {%- set salt = written.random -%}
        {%- if 'keep' in written or 'of' in written -%}
            {%- do problems.append(
                'reduce: got random beside keep or of; allowed: either random or '
                ~ 'keep and of. Remove one of them'
            ) -%}
        {%- endif -%}
        {%- if salt is not string
            or not modules.re.match('^[A-Za-z0-9_-]+\\Z', salt) -%}
            {%- do problems.append(
                "reduce.random: got '" ~ salt ~ "'; allowed: a salt of letters "
                ~ 'without accents, digits, _ and -. Put it in quotes if it is a '
                ~ 'number, a day or a word like no'
            ) -%}
        {%- endif -%}
        {%- do reduce.update({'random': salt}) -%}
    {%- else -%}
        {%- set directions = ['highest', 'lowest'] -%}
        {%- if written.get('keep') not in directions -%}
            {%- do problems.append(
                'reduce.keep: got ' ~ ("'" ~ written.keep ~ "'" if 'keep' in written
                else 'nothing') ~ '; allowed: ' ~ directions | join(', ')
                ~ '. Say which accounts stay, or write random: <salt>'
            ) -%}
        {%- endif -%}
        {%- do crm_segmentation.check_ranking_attribute(
            written.get('of'), 'reduce.of', problems
        ) -%}
        {%- do reduce.update({'keep': written.get('keep'), 'of': written.get('of')}) -%}
    {%- endif -%}
    {{ return(reduce) }}
{% endmacro %}

{# Adds to `problems` unless `name` is an attribute that accounts can be ranked by. #}
{% macro check_ranking_attribute(name, place, problems) %}
    {%- set catalog = crm_segmentation.attribute_catalog() -%}
    {%- if name is none -%}
        {%- do problems.append(
            place ~ ': got nothing; allowed: an attribute that is a number or a '
            ~ 'date. Say by which attribute accounts are ranked'
        ) -%}
    {%- elif name is not string or name not in catalog -%}
        {%- do problems.append(
            place ~ ": '" ~ name ~ "' is not an attribute; "
            ~ crm_segmentation.suggestion(name, catalog.keys())
            ~ 'allowed: an attribute of the catalogue that is a number or a date. '
            ~ "Declare it in var 'extra_attributes', or name another one"
        ) -%}
    {%- elif catalog[name].type not in ['number', 'date'] -%}
        {%- do problems.append(
            place ~ ": got '" ~ name ~ "', whose type is " ~ catalog[name].type
            ~ '; allowed: an attribute that is a number or a date. Name another one'
        ) -%}
    {%- endif -%}
{% endmacro %}

{# The complaint about a key that is none of `allowed`. #}
{% macro unknown_word(kind, found, allowed, place) %}
    {{- return(
        (place ~ ': ' if place else '') ~ "'" ~ found ~ "' is not a " ~ kind ~ '; '
        ~ crm_segmentation.suggestion(found, allowed) ~ 'allowed: '
        ~ allowed | join(', ') ~ '. Remove or rename it'
    ) -}}
{% endmacro %}

{# The nearest name as a question within a sentence, or nothing. #}
{% macro suggestion(found, names) %}
    {%- set question = crm_segmentation.did_you_mean(found, names) -%}
    {{- return(question | lower ~ ' ' if question else '') -}}
{% endmacro %}
