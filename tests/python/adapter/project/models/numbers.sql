select
    number,
    cast(number / 4.0 as decimal(10, 2)) as amount,
    case when number % 2 = 0 then number end as even_number
from generate_series(1, 10) as numbers(number)
