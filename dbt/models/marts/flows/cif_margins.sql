{{ config(materialized='table', event_time='') }}  -- it has years, and no period
-- The margin taken off an importer's figures, and where it comes from. Where every flow of the row came with its FOB
-- value, the margin is the one published.
with

margins as (

    select
        *,
        published_flows = flows as is_published,
        published_cif_usd / nullif(published_fob_usd, 0) - 1 as published_margin
    from {{ ref('int_margins_assigned') }}

),

builds as (

    select * from {{ ref('int_builds_described') }}

)

select
    margins.exporter_iso3,
    margins.importer_iso3,
    margins.product_chapter,
    margins.year,

    case when margins.is_published then margins.published_margin else margins.margin_low end as margin_low,
    case when margins.is_published then margins.published_margin else margins.margin_mid end as margin_mid,
    case when margins.is_published then margins.published_margin else margins.margin_high end as margin_high,
    case when margins.is_published then 'published_fob' else margins.method end as method,
    case when margins.is_published then margins.published_flows else margins.observations end as observations,
    case when not margins.is_published then margins.model_observations end as model_observations,
    case when not margins.is_published then margins.standard_error end as standard_error,
    case when not margins.is_published then margins.r2 end as r2,

    {{ provenance_columns() }}
from margins
cross join builds
