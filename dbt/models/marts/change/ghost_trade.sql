-- Excess unmirrored exports: int_ghosts_estimated, where is_published marks what readers need. A window that cannot
-- be compared has its reason once, beside the default baseline: no other baseline changes that.
with

ghosts as (

    select * from {{ ref('int_ghosts_estimated') }}

),

builds as (

    select * from {{ ref('int_builds_described') }}

)

select
    ghosts.freq,
    ghosts.window_kind,
    ghosts.period,
    ghosts.exporter,
    ghosts.exporter_kind,
    ghosts.importer_iso3,
    ghosts.goods,
    ghosts.goods_kind,
    ghosts.baseline_id,

    ghosts.compared_months,
    coalesce(ghosts.compared_export_usd, ghosts.reported_export_usd) as export_value_usd,
    ghosts.import_fob_usd,
    ghosts.import_cif_usd,
    ghosts.import_as_fob_usd,
    ghosts.baseline_export_usd,
    ghosts.baseline_import_fob_usd,
    ghosts.baseline_import_cif_usd,
    ghosts.baseline_import_as_fob_usd,
    ghosts.is_one_year_baseline,
    ghosts.added_export_usd,
    ghosts.added_import_usd,
    ghosts.added_import_usd as arrived_extra_usd,
    ghosts.ghost_gap_usd,
    ghosts.ghost_did_usd,
    ghosts.ghost_rate_usd,
    ghosts.ghost_low_usd,
    ghosts.ghost_high_usd,
    ghosts.ghost_low_90_usd,
    ghosts.ghost_high_90_usd,
    ghosts.error_basis,
    ghosts.ghost_share,

    ghosts.both_usd / nullif(ghosts.covered_usd, 0) as both_share,
    ghosts.strong_usd / nullif(ghosts.covered_usd, 0) as strong_share,
    ghosts.medium_usd / nullif(ghosts.covered_usd, 0) as medium_share,
    ghosts.reason,

    {{ provenance_columns() }}
from ghosts
cross join builds
where {{ is_published('ghosts') }}
    and (ghosts.baseline_kind = 'default' or ghosts.compared_export_usd is not null)
