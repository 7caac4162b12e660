{{ config(materialized='view') }}
-- Imports brought to FOB at the middle margin, whatever the sign of the gap, with the margins beside them. A published
-- FOB value is preferred; else the margin of the exporter, importer, chapter and year (int_margins_assigned).
with

imports as (

    select
        *,
        case when product_level = 0 then '*' else {{ chapter_of('product_code') }} end as chapter,
        cast(extract(year from period) as integer) as year
    from {{ ref('int_flows_aligned') }}
    where role = 'import'

),

margins as (

    select * from {{ ref('int_margins_assigned') }}

),

based as (

    select
        imports.*,
        coalesce(imports.published_fob_value_usd > 0, false) as is_published_fob,
        margins.method,
        margins.margin_low as assigned_low,
        margins.margin_mid as assigned_mid,
        margins.margin_high as assigned_high
    from imports
    inner join margins
        on margins.exporter_iso3 = imports.partner
        and margins.importer_iso3 = imports.reporter
        and margins.product_chapter = imports.chapter
        and margins.year = imports.year

),

valued as (

    select
        *,
        case
            when is_published_fob then 'published_fob'
            when method = 'reported_fob' then method
            else 'cif_' || method
        end as import_basis,
        case when is_published_fob then published_fob_value_usd else value_usd end as value_to_adjust_usd,
        case when is_published_fob then 0 else assigned_low end as margin_low,
        case when is_published_fob then 0 else assigned_mid end as margin_mid,
        case when is_published_fob then 0 else assigned_high end as margin_high
    from based

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
    net_kg,
    quantity,
    quantity_unit,
    concordance_quality
from valued
