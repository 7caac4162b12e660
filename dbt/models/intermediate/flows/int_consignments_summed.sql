-- What an importer recorded as consigned from a country, whatever its origin. Only where the parts by second partner
-- add up to the importer's total of the good: of a part of them nothing follows.
with

consignments as (

    select * from {{ ref('stg_comtrade__consignments') }} as parts

),

flows as (

    select * from {{ ref('stg_comtrade__flows') }} as flows where flow = 'M'

),

country_codes as (

    select * from {{ ref('int_country_codes_resolved') }} where publisher = 'comtrade'

),

placed as (

    select
        consignments.freq,
        consignments.period,
        consignments.reporter_code,
        reporters.party as importer_iso3,
        senders.party as consignment_iso3,
        senders.is_country,
        consignments.product_code,
        consignments.hs_revision,
        consignments.value_usd
    from consignments
    inner join country_codes as reporters on reporters.code = consignments.reporter_code
    inner join country_codes as origins on origins.code = consignments.origin_code
    inner join country_codes as senders on senders.code = consignments.consignment_code
    where origins.kind not in ('world', 'bloc')
        and senders.kind not in ('world', 'bloc')

),

parts as (

    select freq, period, reporter_code, product_code, hs_revision, {{ exact_sum('value_usd') }} as value_usd
    from placed
    group by freq, period, reporter_code, product_code, hs_revision

),

totals as (

    select
        flows.freq, flows.period, flows.reporter_code, flows.product_code, flows.hs_revision,
        {{ exact_sum('flows.value_usd') }} as value_usd
    from flows
    inner join parts
        on parts.freq = flows.freq
        and parts.period = flows.period
        and parts.reporter_code = flows.reporter_code
        and parts.product_code = flows.product_code
        and parts.hs_revision = flows.hs_revision
    inner join country_codes as origins on origins.code = flows.partner_code
    where origins.kind not in ('world', 'bloc')
    group by flows.freq, flows.period, flows.reporter_code, flows.product_code, flows.hs_revision

)

select
    placed.freq,
    placed.period,
    placed.importer_iso3,
    placed.consignment_iso3,
    placed.product_code,
    placed.hs_revision,
    {{ exact_sum('placed.value_usd') }} as import_value_usd
from placed
inner join parts
    on parts.freq = placed.freq
    and parts.period = placed.period
    and parts.reporter_code = placed.reporter_code
    and parts.product_code = placed.product_code
    and parts.hs_revision = placed.hs_revision
inner join totals
    on totals.freq = placed.freq
    and totals.period = placed.period
    and totals.reporter_code = placed.reporter_code
    and totals.product_code = placed.product_code
    and totals.hs_revision = placed.hs_revision
where placed.is_country
    and abs(parts.value_usd - totals.value_usd) <= {{ var('consignment_tolerance') }} * totals.value_usd
group by
    placed.freq, placed.period, placed.importer_iso3, placed.consignment_iso3, placed.product_code, placed.hs_revision
