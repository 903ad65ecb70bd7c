-- Rows in = rows out + rows quarantined, for each source table that our staging reads.
select *
from {{ ref('staging_counts') }}
where
    not is_replaced
    and rows_in <> rows_out + rows_quarantined
