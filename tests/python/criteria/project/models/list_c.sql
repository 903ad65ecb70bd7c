select cast(null as text) as account_id where false
