-- The same imports by origin and by consignment, where an importer gives both: how much of a gap is the difference of
-- partner basis alone. Goods of another origin that a hub re-exports are imports from the hub by consignment only.
-- Comtrade gives the country of consignment as second partner; where it does not, there is no row. Only where the parts
-- by second partner add up to the importer's total of the good: from a part of them nothing follows.
with

mirror_gaps as (

    select * from {{ ref('mirror_gaps') }}

),

country_codes as (

    select * from {{ ref('int_country_codes_resolved') }}
    where publisher = 'comtrade' and kind not in ('world', 'bloc')

),

placed as (

    select
        parts.freq,
        parts.period,
        parts.reporter_code,
        reporters.party as importer_iso3,
        senders.party as exporter_iso3,
        senders.is_country,
        parts.product_code,
        parts.hs_revision,
        parts.value_usd
    from {{ ref('stg_comtrade__consignments') }} as parts
    inner join country_codes as reporters on reporters.code = parts.reporter_code
    inner join country_codes as origins on origins.code = parts.origin_code
    inner join country_codes as senders on senders.code = parts.consignment_code

),

sums_of_parts as (

    select freq, period, reporter_code, product_code, hs_revision, {{ exact_sum('value_usd') }} as value_usd
    from placed
    group by freq, period, reporter_code, product_code, hs_revision

),

-- of goods whose parts are all of the importer's total
whole as (

    select flows.freq, flows.period, flows.reporter_code, flows.product_code, flows.hs_revision
    from {{ ref('stg_comtrade__flows') }} as flows
    inner join sums_of_parts
        on sums_of_parts.freq = flows.freq
        and sums_of_parts.period = flows.period
        and sums_of_parts.reporter_code = flows.reporter_code
        and sums_of_parts.product_code = flows.product_code
        and sums_of_parts.hs_revision = flows.hs_revision
    inner join country_codes as origins on origins.code = flows.partner_code
    where flows.flow = 'M'
    group by
        flows.freq, flows.period, flows.reporter_code, flows.product_code, flows.hs_revision, sums_of_parts.value_usd
    having abs(sums_of_parts.value_usd - {{ exact_sum('flows.value_usd') }})
        <= {{ var('consignment_tolerance') }} * {{ exact_sum('flows.value_usd') }}

),

consignments as (

    select
        placed.freq,
        placed.period,
        placed.exporter_iso3,
        placed.importer_iso3,
        placed.product_code,
        placed.hs_revision,
        {{ exact_sum('placed.value_usd') }} as import_value_usd
    from placed
    inner join whole
        on whole.freq = placed.freq
        and whole.period = placed.period
        and whole.reporter_code = placed.reporter_code
        and whole.product_code = placed.product_code
        and whole.hs_revision = placed.hs_revision
    where placed.is_country and placed.exporter_iso3 <> placed.importer_iso3
    group by
        placed.freq, placed.period, placed.exporter_iso3, placed.importer_iso3, placed.product_code, placed.hs_revision

),

builds as (

    select * from {{ ref('int_builds_described') }}

),

-- where nothing is reported by one basis, the same reporter did report by the other: a zero
compared as (

    select
        consignments.freq,
        consignments.period,
        consignments.exporter_iso3,
        consignments.importer_iso3,
        consignments.product_code,
        consignments.hs_revision,
        mirror_gaps.export_value_usd,
        coalesce(mirror_gaps.import_value_usd, 0) as import_value_origin_usd,
        consignments.import_value_usd as import_value_consignment_usd,
        mirror_gaps.gap_usd as gap_origin_usd,
        coalesce(mirror_gaps.margin_mid, {{ var('cif_default') }}) as margin_mid
    from consignments
    left join mirror_gaps
        on mirror_gaps.freq = consignments.freq
        and mirror_gaps.period = consignments.period
        and mirror_gaps.exporter_iso3 = consignments.exporter_iso3
        and mirror_gaps.importer_iso3 = consignments.importer_iso3
        and mirror_gaps.product_code = consignments.product_code
        and mirror_gaps.hs_revision = consignments.hs_revision

)

select
    compared.freq,
    compared.period,
    compared.exporter_iso3,
    compared.importer_iso3,
    compared.product_code,
    compared.hs_revision,

    compared.export_value_usd,
    compared.import_value_origin_usd,
    compared.import_value_consignment_usd,
    compared.import_value_consignment_usd - compared.import_value_origin_usd as partner_basis_difference_usd,
    compared.import_value_consignment_usd - compared.import_value_origin_usd as basis_wedge_usd,
    compared.gap_origin_usd,
    {{ gap_usd('compared.export_value_usd', to_fob('compared.import_value_consignment_usd', 'compared.margin_mid')) }}
        as gap_consignment_usd,
    {{ provenance_columns() }}
from compared
cross join builds
