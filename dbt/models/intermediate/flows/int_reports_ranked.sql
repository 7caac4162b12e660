-- Which levels of product each source holds of a reporter's flows with a partner, without their goods, and whether they
-- are used. Of sources that hold a level of one flow the one is used that seeds/source_precedences.csv ranks first:
-- mixed by cell, two breakdowns of one flow would be added up. A source without a rank is never used. One that cannot be
-- valued in dollars as a whole comes after all that can.
with

reports as (

    select
        source_name, freq, period, role, reporter, partner, reporter_is_country, product_level, hs_revision,
        case when count(value_usd) = count(*) then {{ exact_sum('value_usd') }} end as value_usd
    from {{ ref('int_flows_unioned') }}
    group by source_name, freq, period, role, reporter, partner, reporter_is_country, product_level, hs_revision

),

precedences as (

    select * from {{ ref('stg_seeds__source_precedences') }}

),

-- a row for the reporter itself comes before the general one
preceding as (

    select
        sources.source_name,
        sources.reporter,
        sources.period,
        min(coalesce(own.precedence, general.precedence)) as precedence
    from (select distinct source_name, reporter, period from reports) as sources
    left join precedences as own
        on own.reporter = sources.reporter
        and own.source_name = {{ publisher_of('sources.source_name') }}
        and sources.period >= own.period_from
        and sources.period < own.period_to
    left join precedences as general
        on general.reporter = '*'
        and general.source_name = {{ publisher_of('sources.source_name') }}
        and sources.period >= general.period_from
        and sources.period < general.period_to
    group by sources.source_name, sources.reporter, sources.period

),

-- two of a user's own tables have one precedence, and are not added either: the first by name
ranks as (

    select source_name, reporter, period, dense_rank() over (order by precedence nulls last, source_name nulls last) as precedence
    from preceding
    where precedence is not null

),

ranked as (

    select
        reports.*,
        ranks.precedence,
        {%- for first, own in [
            ('first', 'ranks.precedence'),
            ('first_valued', 'case when reports.value_usd is not null then ranks.precedence end'),
        ] %}
        min({{ own }}) over (
            partition by
                reports.freq, reports.period, reports.role, reports.reporter, reports.partner, reports.product_level
        ) as {{ first }}_precedence{{ ',' if not loop.last }}
        {%- endfor %}
    from reports
    left join ranks
        on ranks.source_name = reports.source_name
        and ranks.reporter = reports.reporter
        and ranks.period = reports.period

)

select
    source_name,
    freq,
    period,
    role,
    reporter,
    partner,
    reporter_is_country,
    product_level,
    hs_revision,
    value_usd,
    coalesce(
        case
            when first_valued_precedence is null then precedence = first_precedence
            else precedence = first_valued_precedence and value_usd is not null
        end,
        false
    ) as is_used
from ranked
