{{ config(materialized='view') }}
-- Both sides of every flow between two countries, and the gap between them where one may be stated.
-- A missing report is a zero only where coverage_status shows that the side reported, and recorded none of this.
-- A view, for readers too: a formula over two figures of a row takes less to compute than to write down and read.
with

flows as (

    select * from {{ ref('report_coverage') }} where coverage_status <> 'non_geographic'

),

zeroed as (

    select
        *,
        coverage_status in ('both_reported', 'lost_export', 'orphan_import') as has_gap,
        case when coverage_status = 'orphan_import' then 0 else export_value_usd end as x_usd,
        case when coverage_status = 'lost_export' then 0 else import_value_usd end as cif_usd,
        case when coverage_status = 'lost_export' then 0 else import_value_fob_usd end as m_usd,
        case when coverage_status = 'lost_export' then 0 else {{ import_fob_at('margin_high') }} end as m_low_usd,
        case when coverage_status = 'lost_export' then 0 else {{ import_fob_at('margin_low') }} end as m_high_usd
    from flows

)

select
    freq,
    period,
    exporter_iso3,
    importer_iso3,
    product_code,
    product_level,
    hs_revision,
    comparable_revision,
    concordance_quality,
    is_controlled_then,
    is_controlled_now,
    known_asymmetry_id,

    coverage_status,
    zero_strength,
    import_basis,

    x_usd as export_value_usd,
    re_export_value_usd,
    cif_usd as import_value_usd,
    m_usd as import_value_fob_usd,
    m_low_usd as import_value_fob_low_usd,
    m_high_usd as import_value_fob_high_usd,
    margin_low,
    margin_mid,
    margin_high,

    case when has_gap then {{ gap_usd('x_usd', 'm_usd') }} end as gap_usd,
    case when has_gap then {{ gap_usd('x_usd', 'm_high_usd') }} end as gap_low_usd,
    case when has_gap then {{ gap_usd('x_usd', 'm_low_usd') }} end as gap_high_usd,
    case when has_gap then {{ gap_share('x_usd', 'm_usd') }} end as gap_share,
    case when has_gap then {{ gap_log('x_usd', 'm_usd') }} end as gap_log,
    case when has_gap then {{ gap_asinh('x_usd', 'm_usd') }} end as gap_asinh,
    case when has_gap then {{ sdi('x_usd', 'm_usd') }} end as sdi,
    case when has_gap then {{ relative_asymmetry('x_usd', 'm_usd') }} end as relative_asymmetry,
    case when has_gap then cif_usd / nullif(x_usd, 0) end as import_export_ratio,
    case
        when has_gap then {{ is_sign_robust(gap_usd('x_usd', 'm_high_usd'), gap_usd('x_usd', 'm_low_usd')) }}
    end as is_sign_robust,

    export_net_kg,
    import_net_kg,
    export_quantity,
    export_quantity_unit,
    import_quantity,
    import_quantity_unit
from zeroed
