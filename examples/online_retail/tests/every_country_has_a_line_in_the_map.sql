select distinct invoice_lines.country
from {{ ref('base_online_retail__invoice_lines') }} as invoice_lines
left join {{ ref('country_codes') }} as country_codes
    on invoice_lines.country = country_codes.country
where country_codes.country is null
