with

recorded as (

    {{ crm_segmentation.recorded_history('recorded_days', {
        'kind': 'text', 'name': 'text', 'as_of_date': 'date'
    }) | indent(4) }}

),

earlier as (

    select
        kind,
        name,
        as_of_date
    from recorded
    where
        as_of_date
        < {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}

),

runs as (

    select
        as_of_date,
        lag(as_of_date) over (order by as_of_date) as run_before
    from (select distinct as_of_date from earlier) as days

),

final as (

    select
        earlier.kind,
        earlier.name,
        earlier.as_of_date,
        previous.name is null as begins_recording
    from earlier
    inner join runs
        on earlier.as_of_date = runs.as_of_date
    left join earlier as previous
        on
            earlier.kind = previous.kind
            and earlier.name = previous.name
            and runs.run_before = previous.as_of_date

)

select * from final
