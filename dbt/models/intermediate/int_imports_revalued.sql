{{ config(materialized='view') }}
-- Imports brought to FOB at a low, a middle and a high margin, whatever the sign of the gap.
-- A published FOB value is preferred; an importer that values its imports FOB is left as it is; else the
-- most specific margin of the seed: chapter and pair, pair, exporter, importer, default.
with

imports as (

    select
        *,
        case when product_level = 0 then '*' else {{ chapter_of('product_code') }} end as chapter,
        extract(year from period) as year
    from {{ ref('int_flows_aligned') }}
    where role = 'import'

),

countries as (

    select iso3, imports_valued_fob from {{ ref('stg_seeds__countries') }}

),

margins as (

    select
        *,
        coalesce(year_from, 0) as from_year,
        coalesce(year_to, 9999) as to_year
    from {{ ref('stg_seeds__cif_margins') }}

),

assigned as (

    select
        imports.*,
        coalesce(countries.imports_valued_fob, false) as is_valued_fob,
        coalesce(by_chapter.margin_low, by_pair.margin_low, by_exporter.margin_low, by_importer.margin_low, fallback.margin_low) as seed_low,
        coalesce(by_chapter.margin_mid, by_pair.margin_mid, by_exporter.margin_mid, by_importer.margin_mid, fallback.margin_mid) as seed_mid,
        coalesce(by_chapter.margin_high, by_pair.margin_high, by_exporter.margin_high, by_importer.margin_high, fallback.margin_high) as seed_high,
        coalesce(by_chapter.method, by_pair.method, by_exporter.method, by_importer.method, fallback.method) as seed_method
    from imports
    left join countries on countries.iso3 = imports.reporter
    left join margins as by_chapter
        on by_chapter.exporter_iso3 = imports.partner
        and by_chapter.importer_iso3 = imports.reporter
        and by_chapter.product_chapter = imports.chapter
        and by_chapter.product_chapter <> '*'
        and imports.year between by_chapter.from_year and by_chapter.to_year
    left join margins as by_pair
        on by_pair.exporter_iso3 = imports.partner
        and by_pair.importer_iso3 = imports.reporter
        and by_pair.product_chapter = '*'
        and imports.year between by_pair.from_year and by_pair.to_year
    left join margins as by_exporter
        on by_exporter.exporter_iso3 = imports.partner
        and by_exporter.importer_iso3 = '*'
        and by_exporter.product_chapter = '*'
        and imports.year between by_exporter.from_year and by_exporter.to_year
    left join margins as by_importer
        on by_importer.exporter_iso3 = '*'
        and by_importer.importer_iso3 = imports.reporter
        and by_importer.product_chapter = '*'
        and imports.year between by_importer.from_year and by_importer.to_year
    inner join margins as fallback
        on fallback.exporter_iso3 = '*'
        and fallback.importer_iso3 = '*'
        and fallback.product_chapter = '*'

),

based as (

    select
        *,
        case
            when published_fob_value_usd > 0 then 'published_fob'
            when is_valued_fob then 'reported_fob'
            else 'cif_' || seed_method
        end as import_basis,
        case
            when published_fob_value_usd > 0 then published_fob_value_usd
            else value_usd
        end as value_to_adjust_usd,
        case when published_fob_value_usd > 0 or is_valued_fob then 0 else seed_low end as margin_low,
        case when published_fob_value_usd > 0 or is_valued_fob then 0 else seed_mid end as margin_mid,
        case when published_fob_value_usd > 0 or is_valued_fob then 0 else seed_high end as margin_high
    from assigned

)

select
    freq,
    period,
    reporter,
    partner,
    reporter_is_country,
    partner_is_country,
    product_code,
    product_level,
    hs_revision,
    import_basis,
    margin_low,
    margin_mid,
    margin_high,
    value_usd,
    {{ to_fob('value_to_adjust_usd', 'margin_mid') }} as value_fob_usd,
    {{ to_fob('value_to_adjust_usd', 'margin_high') }} as value_fob_low_usd,
    {{ to_fob('value_to_adjust_usd', 'margin_low') }} as value_fob_high_usd,
    net_kg,
    quantity,
    quantity_unit,
    concordance_quality
from based
