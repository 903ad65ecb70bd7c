-- A hook looks before each run. `dbt compile` runs no hook, but compiles this.
{{ crm_segmentation.refuse_what_postgresql_cuts() }}
select 1 as nothing_to_see
where 1 = 0
