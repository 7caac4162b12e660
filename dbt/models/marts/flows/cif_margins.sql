{{ config(materialized='table', event_time='') }}  -- it has years, and no period
-- The margin taken off an importer's figures where something better than the default is known, and where it comes from.
-- The default is in the rows of '*', one a year: it is taken where there is no row (macro marts.cif_margin). Where
-- every flow of a row came with its FOB value, the margin is the one published.
with

margins as (

    select
        *,
        published_flows > 0 and published_flows = flows as is_published,
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
-- rows of some flows that came with their FOB value, and of others at the default, are the default's
where margins.is_published or margins.method <> 'default' or margins.exporter_iso3 = '*'
