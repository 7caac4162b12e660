-- Which sources do not speak for a reporter's flows with a partner at a level of product, for another one does: that
-- which seeds/source_precedences.csv ranks first among those that have any. Mixed by cell, two breakdowns of one
-- flow would be added up. Mostly nobody; a source without a rank never speaks.
with

precedence as (

    select * from {{ ref('stg_seeds__source_precedences') }}

),

speakers as (

    select source_name, freq, period, role, reporter, partner, product_level
    from {{ ref('int_flows_unioned') }}
    group by source_name, freq, period, role, reporter, partner, product_level

),

ranked as (

    select
        speakers.source_name,
        speakers.freq,
        speakers.period,
        speakers.role,
        speakers.reporter,
        speakers.partner,
        speakers.product_level,
        min(coalesce(own.precedence, general.precedence)) as precedence
    from speakers
    left join precedence as own
        on own.reporter = speakers.reporter
        and own.source_name = speakers.source_name
        and speakers.period >= own.period_from
        and speakers.period < own.period_to
    left join precedence as general
        on general.reporter = '*'
        and general.source_name = speakers.source_name
        and speakers.period >= general.period_from
        and speakers.period < general.period_to
    group by
        speakers.source_name, speakers.freq, speakers.period, speakers.role, speakers.reporter, speakers.partner,
        speakers.product_level

),

first_ranks as (

    select freq, period, role, reporter, partner, product_level, min(precedence) as precedence
    from ranked
    group by freq, period, role, reporter, partner, product_level

)

select
    ranked.source_name,
    ranked.freq,
    ranked.period,
    ranked.role,
    ranked.reporter,
    ranked.partner,
    ranked.product_level
from ranked
inner join first_ranks
    on first_ranks.freq = ranked.freq
    and first_ranks.period = ranked.period
    and first_ranks.role = ranked.role
    and first_ranks.reporter = ranked.reporter
    and first_ranks.partner = ranked.partner
    and first_ranks.product_level = ranked.product_level
    and coalesce(first_ranks.precedence <> ranked.precedence, true)
