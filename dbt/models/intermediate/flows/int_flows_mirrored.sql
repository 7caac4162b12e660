{{ config(materialized='view') }}
-- Both books of a flow on one row, by a full outer join: a missing side is NULL here, and only here.
-- Headings meet within one HS revision only, codes of six digits in groups that are one thing in both revisions
-- (int_flows_aligned); chapters and totals meet across revisions.
-- A country's trade with itself (returned goods) has no mirror and is left out.
-- A view: the next step writes it down, with what is known of it.
with

exports as (

    select
        *,
        {{ comparable_revision('product_level', 'hs_revision') }} as comparable_revision
    from {{ ref('int_flows_aligned') }}
    where role = 'export' and reporter <> partner

),

imports as (

    select
        *,
        {{ comparable_revision('product_level', 'hs_revision') }} as comparable_revision
    from {{ ref('int_imports_converted_to_fob') }}
    where reporter <> partner

)

select
    coalesce(exports.freq, imports.freq) as freq,
    coalesce(exports.period, imports.period) as period,
    coalesce(exports.reporter, imports.partner) as exporter_iso3,
    coalesce(exports.partner, imports.reporter) as importer_iso3,
    coalesce(exports.reporter_is_country, imports.partner_is_country)
        and coalesce(exports.partner_is_country, imports.reporter_is_country) as is_between_countries,
    coalesce(exports.product_code, imports.product_code) as product_code,
    coalesce(exports.product_level, imports.product_level) as product_level,
    coalesce(exports.comparable_revision, imports.comparable_revision) as comparable_revision,
    case
        when exports.hs_revision <> imports.hs_revision then 'mixed'
        else coalesce(exports.hs_revision, imports.hs_revision)
    end as hs_revision,

    -- chapters of two revisions hold nearly the same, and nobody says how nearly
    case
        when exports.hs_revision <> imports.hs_revision and exports.product_level = 2 then null
        else coalesce(exports.concordance_quality, imports.concordance_quality)
    end as concordance_quality,

    exports.value_usd as export_value_usd,
    exports.re_traded_value_usd as re_export_value_usd,
    exports.net_kg as export_net_kg,
    exports.quantity as export_quantity,
    exports.quantity_unit as export_quantity_unit,

    imports.value_usd as import_value_usd,
    imports.value_fob_usd as import_value_fob_usd,
    imports.import_basis,
    imports.margin_low,
    imports.margin_mid,
    imports.margin_high,
    imports.net_kg as import_net_kg,
    imports.quantity as import_quantity,
    imports.quantity_unit as import_quantity_unit
from exports
full outer join imports
    on imports.freq = exports.freq
    and imports.period = exports.period
    and imports.partner = exports.reporter
    and imports.reporter = exports.partner
    and imports.product_code = exports.product_code
    and imports.comparable_revision = exports.comparable_revision
