{#
    What a campaign costs and brings, for rfm_response_cells: the var `rfm_response`
    over these defaults.

    | key                   | meaning                                              |
    |-----------------------|------------------------------------------------------|
    | response              | what counts: open, click, reply or order as the      |
    |                       | channel reports it, any of these, or purchase, an    |
    |                       | order placed and not cancelled; default order        |
    | within_days           | days from the contact in which it counts; only       |
    |                       | contacts at least as old are looked at; default 30   |
    | contact_cost_amount   | what one contact costs; default none                 |
    | response_margin_amount | what one response earns before that cost; default   |
    |                       | none. Without both nothing is said to be worth it    |
    | prior_contacts        | how many contacts the neighbours and the mean count  |
    |                       | as; default none: estimated from how far the cells   |
    |                       | differ                                               |

    Amounts are in the reporting currency.
    Errors: whatever is wrong, all of it together.
#}
{% macro rfm_response_declaration() %}
    {%- set given = crm_segmentation.setting('rfm_response') or {} -%}
    {%- set declared = {
        'response': 'order',
        'within_days': 30,
        'contact_cost_amount': none,
        'response_margin_amount': none,
        'prior_contacts': none,
    } -%}
    {%- set problems = crm_segmentation.rfm_unknown_keys(
        given, declared.keys() | list, "var 'rfm_response'"
    ) -%}
    {%- do declared.update(given) -%}
    {%- set here = " in var 'rfm_response', " -%}
    {%- set responses = ['any', 'open', 'click', 'reply', 'order', 'purchase'] -%}
    {%- if declared.response not in responses -%}
        {%- do problems.append(
            'Unknown response' ~ here ~ "response: got '" ~ declared.response
            ~ "'; allowed: " ~ responses | join(', ') ~ '. '
            ~ crm_segmentation.did_you_mean(declared.response, responses)
        ) -%}
    {%- endif -%}
    {%- set days = declared.within_days -%}
    {%- if days is not integer or days is boolean or not 1 <= days <= 365 -%}
        {%- do problems.append(
            'Bad number of days' ~ here ~ "within_days: got '" ~ days
            ~ "'; allowed: a whole number from 1 to 365. Give one."
        ) -%}
    {%- endif -%}
    {%- for name, least in {
        'contact_cost_amount': 0, 'response_margin_amount': 0.01, 'prior_contacts': 1
    }.items() -%}
        {%- set value = declared[name] -%}
        {%- if value is not none
            and (value is not number or value is boolean or value < least) -%}
            {%- do problems.append(
                'Bad number' ~ here ~ name ~ ": got '" ~ value
                ~ "'; allowed: a number from " ~ least ~ ', or null. Give one.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set money = [
        declared.contact_cost_amount is none, declared.response_margin_amount is none
    ] -%}
    {%- if money[0] != money[1] -%}
        {%- do problems.append(
            'Half of a break-even' ~ here ~ 'contact_cost_amount and '
            ~ "response_margin_amount: got '" ~ declared.contact_cost_amount
            ~ "' and '" ~ declared.response_margin_amount
            ~ "'; allowed: both or neither. Give the other, too."
        ) -%}
    {%- endif -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(
            "The setting 'rfm_response' has " ~ problems | length ~ ' error(s):\n- '
            ~ problems | join('\n- ')
        ) }}
    {%- endif -%}
    {{ return(declared) }}
{% endmacro %}

{#
    SQL: cells with their response rate, shrunk towards their neighbours and the mean.

    | argument | meaning                                                        |
    |----------|----------------------------------------------------------------|
    | cells    | relation with cell and an integer column for each of `scores`  |
    | counts   | relation with cell, contact_count and response_count           |
    | scores   | names of the columns; neighbours differ by 1 in one of them    |
    | prior    | contacts that the prior counts as, none: estimated             |

    Gives cell, contact_count, response_count, neighbour_contact_count,
    neighbour_response_count, prior_contacts, prior_rate and expected_rate.

    A beta-binomial in two steps (empirical Bayes; G. Casella, An Introduction to
    Empirical Bayes Data Analysis, The American Statistician 39, 1985): with n
    contacts and r responses of a cell, N and R of all, nb of its neighbours,

        prior_rate    = (r_nb + m * R / N) / (n_nb + m)
        expected_rate = (r + m * prior_rate) / (n + m)

    m follows from how far the rates of the K cells with contacts lie apart (moments,
    J. Kleinman, Proportions with Extraneous Variance, JASA 68, 1973):

        S   = (sum of r * r / n - R * R / N) / (R / N * (1 - R / N))
        rho = (S - (K - 1)) / (N - sum of n * n / N - (K - 1)),  m = (1 - rho) / rho

    between 1 and N; N where the cells differ by no more than chance.
#}
{% macro shrunk_response_rates(cells, counts, scores, prior=none) %}
{%- set double = crm_segmentation.type_double() -%}
with observed as (
    select
        cells.cell,
        {%- for score in scores %}
        cells.{{ score }},
        {%- endfor %}
        cast(counts.contact_count as bigint) as contact_count,
        cast(counts.response_count as bigint) as response_count
    from {{ cells }} as cells
    inner join {{ counts }} as counts
        on cells.cell = counts.cell
    where counts.contact_count > 0
),

sums as (
    select
        count(*) as cell_count,
        cast(sum(contact_count) as bigint) as contact_count,
        cast(sum(response_count) as bigint) as response_count,
        cast(sum(contact_count * contact_count) as {{ double }}) as squared_contacts,
        -- exact before it is a double, so that no order of rows is in it
        cast(
            sum({{ crm_segmentation.exact_quotient(
                'response_count * response_count', 'contact_count', 9
            ) }}) as {{ double }}
        ) as squared_responses
    from observed
),

moments as (
    select
        cell_count,
        contact_count,
        response_count,
        (
            (
                squared_responses
                - cast(response_count as {{ double }}) * response_count / contact_count
            )
            / nullif(
                cast(response_count as {{ double }}) * (contact_count - response_count)
                / contact_count / contact_count,
                0
            )
            - (cell_count - 1)
        )
        / nullif(
            contact_count - squared_contacts / contact_count - (cell_count - 1), 0
        ) as rho
    from sums
    where contact_count > 0
),

strength as (
    select
        contact_count,
        response_count,
        {%- if prior is not none %}
        cast({{ prior }} as {{ double }}) as prior_contacts
        {%- else %}
        case
            when rho > 0 then greatest(
                1,
                least(
                    (1 - rho) / rho,
                    cast(contact_count as {{ double }})
                )
            )
            else cast(contact_count as {{ double }})
        end as prior_contacts
        {%- endif %}
    from moments
),

neighbour_parts as (
    {%- for moved in scores %}
    {%- for step in ['+ 1', '- 1'] %}
    select
        {%- for score in scores %}
        {{ score }}{{ ' ' ~ step if score == moved }} as {{ score }},
        {%- endfor %}
        contact_count,
        response_count
    from observed
    {{- '\n    union all' if not (loop.last and moved == scores[-1]) }}
    {%- endfor %}
    {%- endfor %}
),

neighbours as (
    select
        {%- for score in scores %}
        {{ score }},
        {%- endfor %}
        cast(sum(contact_count) as bigint) as contact_count,
        cast(sum(response_count) as bigint) as response_count
    from neighbour_parts
    group by
        {{ scores | join(',\n        ') }}
),

gathered as (
    select
        cells.cell,
        coalesce(observed.contact_count, 0) as contact_count,
        coalesce(observed.response_count, 0) as response_count,
        coalesce(neighbours.contact_count, 0) as neighbour_contact_count,
        coalesce(neighbours.response_count, 0) as neighbour_response_count,
        strength.prior_contacts,
        (
            coalesce(neighbours.response_count, 0)
            + strength.prior_contacts * strength.response_count / strength.contact_count
        ) / (coalesce(neighbours.contact_count, 0) + strength.prior_contacts)
            as prior_rate
    from {{ cells }} as cells
    left join observed
        on cells.cell = observed.cell
    left join neighbours
        on
            {%- for score in scores %}
            {{ 'and ' if not loop.first }}cells.{{ score }} = neighbours.{{ score }}
            {%- endfor %}
    left join strength
        on strength.contact_count > 0
)

select
    cell,
    contact_count,
    response_count,
    neighbour_contact_count,
    neighbour_response_count,
    prior_contacts,
    prior_rate,
    (response_count + prior_contacts * prior_rate) / (contact_count + prior_contacts)
        as expected_rate
from gathered
{% endmacro %}
