{{ config(materialized='view') }}
-- What the margin between CIF and FOB decides: the two estimates of ghost_trade at each margin of `cif_grid`, of blocs
-- and product groups, where exports rose enough for a share. Imports that are reported FOB stay as they are.
with

ghost_trade as (

    select * from {{ ref('ghost_trade') }}
    where exporter_kind = 'bloc'
        and goods_kind = 'basket'
        and ghost_share is not null

),

margins as (

    {% for margin in var('cif_grid') -%}
    select cast({{ margin }} as double) as cif_margin {{ 'union all' if not loop.last }}
    {% endfor %}

),

adjusted as (

    select
        ghost_trade.*,
        margins.cif_margin,
        import_as_fob_usd + {{ to_fob('import_cif_usd', 'margins.cif_margin') }} as m_usd,
        baseline_import_as_fob_usd + {{ to_fob('baseline_import_cif_usd', 'margins.cif_margin') }} as baseline_m_usd
    from ghost_trade
    cross join margins

)

select
    adjusted.window_kind,
    adjusted.period,
    adjusted.exporter,
    adjusted.importer_iso3,
    adjusted.goods,
    adjusted.baseline_id,
    adjusted.cif_margin,

    adjusted.added_export_usd,
    adjusted.m_usd - adjusted.baseline_m_usd as added_import_usd,
    adjusted.m_usd - adjusted.baseline_m_usd as arrived_extra_usd,
    {{ ghost_did('adjusted.export_value_usd', 'adjusted.baseline_export_usd', 'adjusted.m_usd', 'adjusted.baseline_m_usd') }}
        as ghost_did_usd,
    case
        when adjusted.ghost_rate_usd is not null
            then {{ ghost_rate('adjusted.export_value_usd', 'adjusted.baseline_export_usd', 'adjusted.m_usd', 'adjusted.baseline_m_usd') }}
    end as ghost_rate_usd,
    {{ ghost_did('adjusted.export_value_usd', 'adjusted.baseline_export_usd', 'adjusted.m_usd', 'adjusted.baseline_m_usd') }}
        / adjusted.added_export_usd as ghost_share,

    {{ provenance_columns('adjusted') }}
from adjusted
