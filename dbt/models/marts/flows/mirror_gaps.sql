{{ config(materialized='view') }}
-- Both sides of every flow between two countries, and the gap between them where one may be stated.
-- A missing report is a zero only where coverage_status shows that the side reported, and recorded none of this; where
-- it may be among what the side records under partners that are no country, the gap is an interval, and gap_usd its end
-- that is nearer to nothing (METHODS E1).
-- A view, for readers too: a formula over two figures of a row takes less to compute than to write down and read.
with

flows as (

    select * from {{ ref('report_coverage') }} where coverage_status <> 'non_geographic'

),

sided as (

    select
        *,
        {{ is_gap_stated('coverage_status') }} as has_gap,
        coverage_status = 'partner_hidden' and export_value_usd > 0 as is_import_hidden,
        coverage_status = 'partner_hidden' and not coalesce(export_value_usd > 0, false) as is_export_hidden,
        {{ import_fob_at('margin_high') }} as fob_low_usd,
        {{ import_fob_at('margin_low') }} as fob_high_usd
    from flows

),

zeroed as (

    select
        *,
        case coverage_status when 'lost_export' then 0 else import_value_usd end as cif_usd,
        {% for x, hidden in [('x_low', '0'), ('x', 'least(hidden_usd, import_value_fob_usd)'),
            ('x_high', 'least(hidden_usd, fob_low_usd)')] -%}
        case
            when coverage_status = 'orphan_import' then 0
            when is_export_hidden then {{ hidden }}
            else export_value_usd
        end as {{ x }}_usd,
        {% endfor -%}
        {% for m, hidden, reported in [('m_low', '0', 'fob_low_usd'), ('m', 'least(hidden_usd, export_value_usd)',
            'import_value_fob_usd'), ('m_high', 'least(hidden_usd, export_value_usd)', 'fob_high_usd')] -%}
        case
            when coverage_status = 'lost_export' then 0
            when is_import_hidden then {{ hidden }}
            else {{ reported }}
        end as {{ m }}_usd{{ ',' if not loop.last }}
        {% endfor %}
    from sided

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
    hidden_usd,
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
    case when has_gap then {{ gap_usd('x_low_usd', 'm_high_usd') }} end as gap_low_usd,
    case when has_gap then {{ gap_usd('x_high_usd', 'm_low_usd') }} end as gap_high_usd,
    case when has_gap then {{ gap_share('x_usd', 'm_usd') }} end as gap_share,
    case when has_gap then {{ gap_log('x_usd', 'm_usd') }} end as gap_log,
    case when has_gap then {{ gap_asinh('x_usd', 'm_usd') }} end as gap_asinh,
    case when has_gap then {{ sdi('x_usd', 'm_usd') }} end as sdi,
    case when has_gap then {{ relative_asymmetry('x_usd', 'm_usd') }} end as relative_asymmetry,
    case when has_gap then cif_usd / nullif(x_usd, 0) end as import_export_ratio,
    case
        when has_gap then {{ is_sign_robust(gap_usd('x_low_usd', 'm_high_usd'), gap_usd('x_high_usd', 'm_low_usd')) }}
    end as is_sign_robust,

    export_net_kg,
    import_net_kg,
    export_quantity,
    export_quantity_unit,
    import_quantity,
    import_quantity_unit
from zeroed
