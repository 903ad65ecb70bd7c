{% snapshot states %}
select
    numbers.n + pauses.pause as n,
    control.run_number,
    'state ' || control.run_number as state
from generate_series(1, 1000) as numbers(n)
cross join public.control
cross join (select public.pause('states') as pause) as pauses
{% endsnapshot %}
