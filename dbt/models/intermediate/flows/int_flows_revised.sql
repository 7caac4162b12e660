{{ config(materialized='table', event_time='') }}  -- a revision may be of any year
-- Every figure that a later release changed: revised, deleted, or added to a download that was already there. What
-- vanished under one code and reappeared under another at the same moment and value was reclassified. Comtrade's own
-- product codes and revisions; the world and blocs are left out.
with

-- landings of a scope that was loaded before: what else is in them is new, not just fetched for the first time
repeats as (

    select distinct later.landing_id
    from {{ ref('stg_build__landings') }} as later
    inner join {{ ref('stg_build__landings') }} as earlier
        on earlier.source_name = later.source_name
        and earlier.scope = later.scope
        and earlier.vintage < later.vintage
    where later.source_name = 'comtrade'

),

-- nothing changed in a year that was loaded once; most years are
years_revised as (

    select distinct flows.freq, extract(year from flows.period) as year
    from {{ ref('stg_comtrade__flow_versions') }} as flows
    left join repeats on repeats.landing_id = flows.landing_id
    where repeats.landing_id is not null or flows.gone_at is not null

),

versions as (

    select
        flows.*,
        reporters.party as reporter,
        partners.party as partner,
        reporters.is_country as reporter_is_country,
        partners.is_country as partner_is_country
    from {{ ref('stg_comtrade__flow_versions') }} as flows
    inner join years_revised
        on years_revised.freq = flows.freq
        and years_revised.year = extract(year from flows.period)
    inner join {{ ref('int_country_codes_resolved') }} as reporters
        on reporters.publisher = 'comtrade'
        and reporters.code = flows.reporter_code
    inner join {{ ref('int_country_codes_resolved') }} as partners
        on partners.publisher = 'comtrade'
        and partners.code = flows.partner_code
    where reporters.kind not in ('world', 'bloc')
        and partners.kind not in ('world', 'bloc')

),

-- what ended, and what took its place at that moment
ended as (

    select
        old.*,
        successors.value_usd as next_value_usd,
        successors.valid_from is not null as has_successor
    from versions as old
    left join versions as successors
        on successors.freq = old.freq
        and successors.period = old.period
        and successors.reporter_code = old.reporter_code
        and successors.partner_code = old.partner_code
        and successors.flow = old.flow
        and successors.product_code = old.product_code
        and successors.hs_revision = old.hs_revision
        and successors.is_original_classification = old.is_original_classification
        and successors.valid_from = old.gone_at
    where old.gone_at is not null

),

-- what began when its scope was loaded again, with nothing before it
begun as (

    select fresh.*, predecessors.valid_from as old_valid_from
    from versions as fresh
    inner join repeats on repeats.landing_id = fresh.landing_id
    left join versions as predecessors
        on predecessors.freq = fresh.freq
        and predecessors.period = fresh.period
        and predecessors.reporter_code = fresh.reporter_code
        and predecessors.partner_code = fresh.partner_code
        and predecessors.flow = fresh.flow
        and predecessors.product_code = fresh.product_code
        and predecessors.hs_revision = fresh.hs_revision
        and predecessors.is_original_classification = fresh.is_original_classification
        and predecessors.gone_at = fresh.valid_from
    where predecessors.gone_at is null

),

-- a code that ended and one that began at the same moment with the same value: each at most once
moved as (

    select
        ended.freq,
        ended.period,
        ended.reporter_code,
        ended.partner_code,
        ended.flow,
        ended.hs_revision,
        ended.gone_at,
        ended.product_code as old_product_code,
        min(begun.product_code) as new_product_code
    from ended
    inner join begun
        on begun.freq = ended.freq
        and begun.period = ended.period
        and begun.reporter_code = ended.reporter_code
        and begun.partner_code = ended.partner_code
        and begun.flow = ended.flow
        and begun.hs_revision = ended.hs_revision
        and begun.product_level = ended.product_level
        and begun.valid_from = ended.gone_at
        and begun.value_usd = ended.value_usd
        and begun.value_usd > 0
    where not ended.has_successor
    group by
        ended.freq, ended.period, ended.reporter_code, ended.partner_code, ended.flow, ended.hs_revision,
        ended.gone_at, ended.product_code

),

changes as (

    select
        ended.freq, ended.period, ended.reporter, ended.partner, ended.reporter_is_country,
        ended.partner_is_country, ended.flow, ended.product_code, ended.product_level, ended.hs_revision,
        ended.valid_from as old_valid_from,
        ended.gone_at as new_valid_from,
        case
            when ended.has_successor then 'revised'
            when moved.new_product_code is not null then 'reclassified'
            else 'deleted'
        end as kind,
        moved.new_product_code,
        ended.value_usd as old_value_usd,
        case when moved.new_product_code is not null then ended.value_usd else ended.next_value_usd end as new_value_usd
    from ended
    left join moved
        on moved.freq = ended.freq
        and moved.period = ended.period
        and moved.reporter_code = ended.reporter_code
        and moved.partner_code = ended.partner_code
        and moved.flow = ended.flow
        and moved.hs_revision = ended.hs_revision
        and moved.gone_at = ended.gone_at
        and moved.old_product_code = ended.product_code
    where not ended.has_successor or ended.next_value_usd is distinct from ended.value_usd

    union all

    select
        begun.freq, begun.period, begun.reporter, begun.partner, begun.reporter_is_country,
        begun.partner_is_country, begun.flow, begun.product_code, begun.product_level, begun.hs_revision,
        begun.old_valid_from,
        begun.valid_from as new_valid_from,
        'new' as kind,
        cast(null as {{ dbt.type_string() }}) as new_product_code,
        cast(null as double) as old_value_usd,
        begun.value_usd as new_value_usd
    from begun
    left join moved
        on moved.freq = begun.freq
        and moved.period = begun.period
        and moved.reporter_code = begun.reporter_code
        and moved.partner_code = begun.partner_code
        and moved.flow = begun.flow
        and moved.hs_revision = begun.hs_revision
        and moved.gone_at = begun.valid_from
        and moved.new_product_code = begun.product_code
    where moved.new_product_code is null

)

select
    'comtrade' as source_name,
    *
from changes
