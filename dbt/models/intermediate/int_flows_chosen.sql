-- One source speaks for a reporter's flows with a partner at a level of product: the one that
-- seeds/source_precedence.csv ranks first among those that have any. Mixed by cell, two breakdowns of one
-- flow would be added up.
with

flows as (

    select * from {{ ref('int_flows_unioned') }}

),

precedence as (

    select * from {{ ref('stg_seeds__source_precedences') }}

),

ranked as (

    select
        flows.source_name,
        flows.freq,
        flows.period,
        flows.role,
        flows.reporter,
        flows.partner,
        flows.product_level,
        min(coalesce(own.precedence, general.precedence)) as precedence
    from flows
    left join precedence as own
        on own.reporter = flows.reporter
        and own.source_name = flows.source_name
        and flows.period >= own.period_from
        and flows.period < own.period_to
    left join precedence as general
        on general.reporter = '*'
        and general.source_name = flows.source_name
        and flows.period >= general.period_from
        and flows.period < general.period_to
    group by
        flows.source_name, flows.freq, flows.period, flows.role, flows.reporter, flows.partner, flows.product_level

),

first_ranks as (

    select freq, period, role, reporter, partner, product_level, min(precedence) as precedence
    from ranked
    group by freq, period, role, reporter, partner, product_level

),

speaking as (

    select ranked.*
    from ranked
    inner join first_ranks
        on first_ranks.freq = ranked.freq
        and first_ranks.period = ranked.period
        and first_ranks.role = ranked.role
        and first_ranks.reporter = ranked.reporter
        and first_ranks.partner = ranked.partner
        and first_ranks.product_level = ranked.product_level
        and first_ranks.precedence = ranked.precedence

)

select flows.*
from flows
inner join speaking
    on speaking.source_name = flows.source_name
    and speaking.freq = flows.freq
    and speaking.period = flows.period
    and speaking.role = flows.role
    and speaking.reporter = flows.reporter
    and speaking.partner = flows.partner
    and speaking.product_level = flows.product_level
