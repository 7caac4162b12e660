-- What either side reported of a flow, and what an absence means. The gaps are computed on it (mirror_gaps), for
-- readers too, so that the widest figures are written once. Beside each total its core (int_totals_cored), and on every
-- row the key of a known difference of partner basis: of the good's heading, else of all goods of the pair.
{% set columns %}
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
{%- endset %}
with

flows as (

    select {{ columns }} from {{ ref('int_flows_typed') }}
    union all
    select {{ columns }} from {{ ref('int_totals_cored') }}

),

asymmetries as (

    select * from {{ ref('int_asymmetries_paired') }}

)

select
    flows.*,
    coalesce(of_headings.asymmetry_id, of_pairs.asymmetry_id) as known_asymmetry_id
from flows
left join asymmetries as of_pairs
    on of_pairs.exporter_iso3 = flows.exporter_iso3
    and of_pairs.importer_iso3 = flows.importer_iso3
    and of_pairs.heading = '*'
left join asymmetries as of_headings
    on of_headings.exporter_iso3 = flows.exporter_iso3
    and of_headings.importer_iso3 = flows.importer_iso3
    and of_headings.heading = {{ heading_of('flows.product_code') }}
