{{ config(materialized='view') }}
-- The gaps of years for people who sum them: of country pairs alone, all goods together (level TOTAL), these without the
-- goods that are recorded in ways of their own (level TOTAL_CORE), and codes of six digits (level HS6). Chapters,
-- headings and blocs, which hold the same goods again, have no row.
select
    cast(extract(year from gaps.period) as integer) as year,
    gaps.exporter_iso3,
    exporters.name as exporter_name,
    gaps.importer_iso3,
    importers.name as importer_name,
    case gaps.product_level when 0 then 'TOTAL' when 1 then 'TOTAL_CORE' else 'HS6' end as level,
    gaps.product_code,
    gaps.hs_revision,
    case gaps.product_level
        when 0 then 'All goods'
        when 1 then 'All goods but gold, oil and gas, ships, aircraft and specials'
        else products.name
    end as product_name,
    gaps.is_controlled_now,
    gaps.known_asymmetry_id,

    gaps.coverage_status,
    gaps.zero_strength,
    gaps.is_sign_robust,

    gaps.export_value_usd,
    gaps.import_value_usd,
    gaps.import_value_fob_usd,
    gaps.gap_usd,
    gaps.gap_low_usd,
    gaps.gap_high_usd,
    case when gaps.gap_usd is null then gaps.export_value_usd end as uncompared_export_usd,
    case when gaps.gap_usd is null then gaps.import_value_fob_usd end as uncompared_import_fob_usd
from {{ ref('mirror_gaps') }} as gaps
left join {{ ref('countries') }} as exporters on exporters.iso3 = gaps.exporter_iso3
left join {{ ref('countries') }} as importers on importers.iso3 = gaps.importer_iso3
left join {{ ref('products') }} as products
    on products.hs_revision = gaps.hs_revision
    and products.product_code = gaps.product_code
where gaps.freq = 'A' and gaps.product_level in (0, 1, 6)
