-- The statements that other marts answer: excess unmirrored exports, caps, the union counted as one, event studies, customs
-- unions and sanctions lists. Each has its figure, and a sentence where a figure alone says too little. `claims` takes both.
with

published_claims as (

    select
        *,
        {{ months_between('period_from', 'period_to') }} + 1 as months
    from {{ ref('stg_seeds__published_claims') }}

),

ghosts as (

    select published_claims.claim_id, max(ghost_trade.ghost_low_usd) as ghost_low_usd
    from published_claims
    inner join {{ ref('ghost_trade') }} as ghost_trade
        on ghost_trade.exporter = published_claims.exporter
        and ghost_trade.importer_iso3 = published_claims.importer
        and ghost_trade.goods = published_claims.products
        and ghost_trade.period = published_claims.period_from
    where ghost_trade.window_kind = 'year' and ghost_trade.baseline_id = '{{ var("baseline") }}'
    group by published_claims.claim_id

),

caps as (

    select
        published_claims.claim_id,
        count(policy_caps.breach_usd) as months,
        count(*) filter (where policy_caps.is_breach) as months_in_breach,
        max(policy_caps.demand_year) as demand_year,
        {{ exact_sum('policy_caps.value_usd') }} as value_usd,
        {{ exact_sum('policy_caps.cap_usd') }} as cap_usd,
        {{ exact_sum('policy_caps.breach_usd') }} as breach_usd,
        {{ exact_sum('policy_caps.headroom_usd') }} as headroom_usd
    from published_claims
    inner join {{ ref('policy_caps') }} as policy_caps
        on policy_caps.exporter_bloc = published_claims.exporter
        and policy_caps.transit_iso3 = published_claims.importer
        and policy_caps.goods = published_claims.products
        and policy_caps.period between published_claims.period_from and published_claims.period_to
    where policy_caps.baseline_id = '{{ var("baseline") }}' and published_claims.measure = 'above_cap'
    group by published_claims.claim_id

),

-- The union counted as one: every month of all members, Russia and Belarus among them.
whole_unions as (

    select
        published_claims.claim_id,
        count(union_scenarios.breach_usd) as months,
        count(*) filter (where union_scenarios.is_breach) as months_in_breach,
        {{ exact_sum('union_scenarios.value_usd') }} as value_usd,
        {{ exact_sum('union_scenarios.cap_usd') }} as cap_usd,
        {{ exact_sum('union_scenarios.transit_breach_usd') }} as transit_breach_usd
    from published_claims
    inner join {{ ref('union_scenarios') }} as union_scenarios
        on union_scenarios.exporter_bloc = published_claims.exporter
        and union_scenarios.goods = published_claims.products
        and union_scenarios.period between published_claims.period_from and published_claims.period_to
    where union_scenarios.baseline_id = '{{ var("baseline") }}'
        and union_scenarios.reason is null
        and published_claims.measure = 'union_above_cap'
    group by published_claims.claim_id

),

listed as (

    select * from {{ ref('claim_parties') }} where is_listed

),

-- a party that is on two lists is named once
names_placed as (

    select
        claim_id,
        name,
        row_number() over (partition by claim_id order by name nulls last) as place
    from (select distinct claim_id, name from listed) as names

),

names_shown as (

    select *, case when place <= 3 then name end as shown from names_placed

),

names_joined as (

    select claim_id, {{ names_and_others('shown') }} as names from names_shown group by claim_id

),

parties as (

    select
        listed.claim_id,
        count(*) as entries,
        count(distinct listed.list_id) as lists,
        count(*) - count(listed.listed_on) as undated,
        min(listed.listed_on) as first_listed_on,
        max(names_joined.names) as names
    from listed
    inner join names_joined on names_joined.claim_id = listed.claim_id
    group by listed.claim_id

),

list_names as (

    select distinct list_id from {{ ref('sanctioned_entities') }}

),

lists as (

    select count(*) as lists, replace({{ joined_text('list_id') }}, '; ', ', ') as names from list_names

),

-- of the added exports of all goods, those of the claim's goods
rises as (

    select
        published_claims.claim_id,
        100 * max(case when ghost_trade.goods = published_claims.products then ghost_trade.added_export_usd end)
        / nullif(max(case when ghost_trade.goods = 'TOTAL' then ghost_trade.added_export_usd end), 0) as share_of_rise
    from published_claims
    inner join {{ ref('ghost_trade') }} as ghost_trade
        on ghost_trade.exporter = published_claims.exporter
        and ghost_trade.importer_iso3 = published_claims.importer
        and ghost_trade.period = published_claims.period_from
    where ghost_trade.window_kind = 'year' and ghost_trade.baseline_id = '{{ var("baseline") }}'
    group by published_claims.claim_id

),

-- the half-year in which the claim's period ends, against the last year before the event
studies as (

    select
        published_claims.claim_id,
        event_studies.change_percent,
        event_studies.change_low_90_percent,
        event_studies.change_high_90_percent,
        event_studies.period
    from published_claims
    inner join {{ ref('event_studies') }} as event_studies
        on event_studies.exporters = published_claims.exporter
        and event_studies.importers = published_claims.importer
        and event_studies.list_id = published_claims.products
        and extract(year from event_studies.period) = extract(year from published_claims.period_to)
        and (extract(month from event_studies.period) > 6) = (extract(month from published_claims.period_to) > 6)
    where event_studies.part = 'half_year' and published_claims.measure = 'event_study'

),

customs_unions as (

    select published_claims.claim_id, count(*) as members
    from published_claims
    inner join {{ ref('countries') }} as countries
        on countries.iso3 = published_claims.exporter or countries.iso3 = published_claims.importer
    where countries.is_eaeu
    group by published_claims.claim_id

),

answered as (

    select
        published_claims.claim_id,
        published_claims.measure,
        case published_claims.measure
            when 'ghost_low' then ghosts.ghost_low_usd
            when 'share_of_rise' then rises.share_of_rise
            when 'above_cap'
                then case
                    when caps.months = published_claims.months
                        then 100 * (caps.value_usd / nullif(caps.cap_usd, 0) - 1)
                end
            when 'union_above_cap'
                then case
                    when whole_unions.months = published_claims.months
                        then 100 * (whole_unions.value_usd / nullif(whole_unions.cap_usd, 0) - 1)
                end
            when 'same_union' then case when customs_unions.members = 2 then 1.0 else 0.0 end
            when 'event_study' then studies.change_percent
            when 'listed_parties' then case when lists.lists > 0 then cast(coalesce(parties.entries, 0) as double) end
        end as computed_value,
        case published_claims.measure
            when 'above_cap'
                then 'Exports of ' || {{ millions_text('caps.value_usd') }} || ' against a cap of '
                    || {{ millions_text('caps.cap_usd') }}
                    || ' (' || case
                        when caps.demand_year is null then 'domestic demand is not known: the pre-war level alone'
                        else 'the pre-war level in line with domestic demand'
                    end
                    || '); ' || {{ number_text('caps.months_in_breach') }} || ' of ' || {{ number_text('caps.months') }}
                    || ' months more than a quarter above it; breach ' || {{ millions_text('caps.breach_usd') }}
                    || ', headroom ' || {{ millions_text('caps.headroom_usd') }}
            when 'union_above_cap'
                then 'Exports to the whole union of ' || {{ millions_text('whole_unions.value_usd') }} || ' against a cap of '
                    || {{ millions_text('whole_unions.cap_usd') }} || '; '
                    || {{ number_text('whole_unions.months_in_breach') }} || ' of '
                    || {{ number_text('whole_unions.months') }} || ' months more than a quarter above it, while the members'
                    || ' without Russia and Belarus stood ' || {{ millions_text('whole_unions.transit_breach_usd') }}
                    || ' above their own caps'
            when 'event_study'
                then {{ number_text('studies.change_percent', 1) }} || ' percent against other goods (90 % interval '
                    || {{ number_text('studies.change_low_90_percent', 1) }} || ' to '
                    || {{ number_text('studies.change_high_90_percent', 1) }} || '), in the half-year from '
                    || cast(studies.period as {{ dbt.type_string() }}) || ' against 2021; '
                    || {{ number_text('published_claims.published_value') }}
                    || ' published, by another estimator and of other months'
            when 'listed_parties'
                then case
                    when coalesce(parties.entries, 0) = 0
                        then 'On none of the ' || {{ number_text('lists.lists') }} || ' loaded lists (' || lists.names || ')'
                    else 'Listed entries: ' || {{ number_text('parties.entries') }} || ', on ' || {{ number_text('parties.lists') }}
                        || ' of the ' || {{ number_text('lists.lists') }} || ' loaded lists: ' || parties.names
                        || '; ' || case
                            when parties.first_listed_on is null then 'none with a date'
                            else 'listed from ' || cast(parties.first_listed_on as {{ dbt.type_string() }}) || ' on'
                                || case
                                    when parties.undated > 0
                                        then ', ' || {{ number_text('parties.undated') }} || ' without a date'
                                    else ''
                                end
                        end
                        || '. To be listed says nothing of the statement'
                end
        end as answer
    from published_claims
    left join ghosts on ghosts.claim_id = published_claims.claim_id
    left join rises on rises.claim_id = published_claims.claim_id
    left join caps on caps.claim_id = published_claims.claim_id
    left join whole_unions on whole_unions.claim_id = published_claims.claim_id
    left join customs_unions on customs_unions.claim_id = published_claims.claim_id
    left join studies on studies.claim_id = published_claims.claim_id
    left join parties on parties.claim_id = published_claims.claim_id
    cross join lists
    where published_claims.measure in ({{ measures_against_baseline() }}, 'same_union', 'event_study', 'listed_parties')

)

select
    claim_id,
    measure,
    computed_value,
    case when computed_value is not null then answer end as answer
from answered
