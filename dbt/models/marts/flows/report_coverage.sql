-- What either side reported of a flow, and what an absence means. The gaps are computed on it (mirror_gaps), for
-- readers too, so that the widest figures are written once.
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

    coverage_status,
    zero_strength,
    hidden_usd,

    export_value_usd,
    re_export_value_usd,
    export_net_kg,
    export_quantity,
    export_quantity_unit,

    import_value_usd,
    import_basis,
    import_value_fob_usd,
    margin_low,
    margin_mid,
    margin_high,
    import_net_kg,
    import_quantity,
    import_quantity_unit
from {{ ref('int_flows_typed') }}
