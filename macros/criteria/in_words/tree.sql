{#
    A rule in plain English, from its tree with shorthands written out, as read_rule()
    and the meta of a profile give it:

        country is DE, AT or CH, and revenue in the last 365 days is at least 50,000

    Names of attributes and events are their labels of the catalogues. A kind of leaf
    that is no attribute is put in words by the macro words_of_<kind>.
#}
{% macro rule_in_words(tree) %}
    {{ return(crm_segmentation.tree_in_words(tree)) }}
{% endmacro %}

{#
    One node and all below it. `over_rows`: the leaves are over the columns of one
    row, as in `where`. Without recursion, as a rule is read.
#}
{% macro tree_in_words(tree, over_rows=false) %}
    {%- set nodes = [{'tree': tree}] -%}
    {%- set tree_words = crm_segmentation.tree_words() -%}
    {%- for node in nodes -%}
        {%- set word = node.tree.keys() | first -%}
        {%- set content = node.tree[word] -%}
        {%- do node.update({'word': word, 'children': []}) -%}
        {%- if word in tree_words -%}
            {%- set at = loop.index -%}
            {%- set listed = [content] if word == 'not'
                else content if word in ['all', 'any'] else content.of -%}
            {%- for child in listed -%}
                {%- set inner = {'tree': child} -%}
                {%- do node.children.append(inner) -%}
                {%- do nodes.insert(at + loop.index0, inner) -%}
            {%- endfor -%}
        {%- else -%}
            {%- do node.update({
                'text': crm_segmentation.leaf_in_words(word, content, over_rows),
                'is_list': false,
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for node in nodes | reverse if node.children -%}
        {%- do node.update(crm_segmentation.join_in_words(node, over_rows)) -%}
    {%- endfor -%}
    {{ return(nodes[0].text) }}
{% endmacro %}

{# The text of a tree word over children that have theirs: {text, is_list}. #}
{% macro join_in_words(node, over_rows) %}
    {%- set first = node.children[0] -%}
    {%- if node.word == 'not' -%}
        {{ return({
            'text': 'not (' ~ first.text ~ ')' if first.is_list
                else crm_segmentation.not_in_words(first.text),
            'is_list': false,
        }) }}
    {%- elif node.word in ['all', 'any'] and node.children | length == 1 -%}
        {{ return({'text': first.text, 'is_list': first.is_list}) }}
    {%- endif -%}
    {%- set parts = [] -%}
    {%- for child in node.children -%}
        {%- do parts.append('(' ~ child.text ~ ')' if child.is_list else child.text) -%}
    {%- endfor -%}
    {%- if node.word in ['all', 'any'] -%}
        {%- set text = parts | join(
            ('' if over_rows else ',') ~ (' and ' if node.word == 'all' else ' or ')
        ) -%}
    {%- else -%}
        {%- set text = node.word | replace('_', ' ') ~ ' ' ~ node.tree[node.word]['count']
            ~ ' of these hold: ' ~ parts | join('; ') -%}
    {%- endif -%}
    {{ return({'text': text, 'is_list': true}) }}
{% endmacro %}

{# The contrary of a leaf. #}
{% macro not_in_words(text) %}
    {%- if text.startswith('has at least 1 ')
        and not text.startswith('has at least 1 and ') -%}
        {{ return('has no ' ~ text[15:]) }}
    {%- elif text.startswith('has no ') -%}
        {{ return('has at least 1 ' ~ text[7:]) }}
    {%- endif -%}
    {%- for verb in ['is ', 'was ', 'may '] if text.startswith(verb) -%}
        {{ return(verb ~ 'not ' ~ text[verb | length:]) }}
    {%- endfor -%}
    {{ return('not (' ~ text ~ ')') }}
{% endmacro %}

{% macro leaf_in_words(word, content, over_rows=false) %}
    {%- if not over_rows and word in crm_segmentation.leaf_kinds() -%}
        {{ return(crm_segmentation['words_of_' ~ word](content)) }}
    {%- elif over_rows and content in [{'eq': true}, {'eq': false}]
        and word.split('_')[0] in ['is', 'has'] -%}
        {#- a flag: it is cancelled, it has no email -#}
        {%- set verb = word.split('_')[0] -%}
        {%- set what = word[verb | length + 1:] | replace('_', ' ') -%}
        {{ return('it ' ~ verb ~ ' ' ~ what if content.eq
            else 'it ' ~ verb ~ (' not ' if verb == 'is' else ' no ') ~ what
                ~ ' (or that is unknown)') }}
    {%- elif over_rows -%}
        {{ return(crm_segmentation.words_of_attribute(
            word | replace('_', ' '), none, content
        )) }}
    {%- endif -%}
    {%- set entry = crm_segmentation.attribute_catalog()[word] -%}
    {{ return(crm_segmentation.words_of_attribute(
        crm_segmentation.label_in_words(entry.label), entry.type, content
    )) }}
{% endmacro %}
