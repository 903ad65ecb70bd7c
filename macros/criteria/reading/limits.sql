{# No rule may be larger than this. #}
{% macro rule_limits() %}
    {{ return({'levels': 32, 'leaves': 1000, 'values': 10000}) }}
{% endmacro %}

{#
    What one written value may be, by the name of its shape. The macros that read
    values ask here, and so does the JSON Schema.

    | key           | meaning                                                    |
    |---------------|------------------------------------------------------------|
    | low, high     | the least and the greatest number, both allowed            |
    | above         | in place of `low`: the number itself is not allowed        |
    | digits        | at most so many before the decimal point                   |
    | decimals      | at most so many after it                                   |
    | most          | unit of a duration -> the greatest number of it            |
    | hours         | unit of a duration between two rows -> its length          |
    | years         | unit of a duration -> how many of it make a year           |
    | first, last   | years of the calendar, both allowed                        |
    | words, units  | the two words of a period; `past` those of one in the past |
    | pattern       | what a whole text looks like                               |
    | without       | what may not stand in a text                               |
    | repeated      | how often counts in one another may repeat a part          |
    | length        | characters of a pattern, its counts written out            |
#}
{% macro value_limits() %}
    {{ return({
        'text': {'without': ['\x00']},
        'number': {'digits': 20, 'decimals': 18},
        'amount': {'digits': 20, 'decimals': 8},
        'change': {'digits': 9, 'decimals': 5},
        'whole': {'low': 1, 'high': 1000000000},
        'periods': {'low': 1, 'high': 366},
        'added_points': {'low': -1000000, 'high': 1000000},
        'steps': {'low': 1, 'high': 12},
        'percent': {'low': 0, 'high': 100},
        'share': {'low': 0, 'high': 100, 'decimals': 2},
        'latitude': {'low': -90, 'high': 90},
        'longitude': {'low': -180, 'high': 180},
        'kilometres': {'above': 0, 'high': 100000},
        'day': {'first': 2, 'last': 9998},
        'duration': {'years': {'d': 365.2425, 'w': 52.1775, 'm': 12, 'y': 1}},
        'row_duration': {'hours': {'h': 1, 'd': 24, 'w': 168}},
        'short_duration': {'most': {'d': 365, 'w': 52}},
        'period': {
            'words': ['this', 'last', 'next'],
            'past': ['this', 'last'],
            'units': ['day', 'week', 'month', 'quarter', 'year'],
        },
        'pattern': {'high': 255, 'repeated': 1000, 'length': 5000},
        'name': {'pattern': '[a-z][a-z0-9_]{0,62}'},
        'salt': {'pattern': '[A-Za-z0-9_-]+'},
        'expression': {'without': [';', '--', '/*', '$$', '\\', '\x00']},
    }) }}
{% endmacro %}
