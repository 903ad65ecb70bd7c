{#
    Every value that is not NULL lies from `least` to `most`, both allowed. Of doubles,
    NaN is out of bounds on every engine: it sorts above all numbers.
#}
{% test within_bounds(model, column_name, least, most) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} < {{ least }}
    or {{ column_name }} > {{ most }}
{% endtest %}
