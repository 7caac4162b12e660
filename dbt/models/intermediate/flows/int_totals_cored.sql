-- TOTAL_CORE: what is left of a total without the goods that are recorded in ways of their own (gold, oil and gas, ships,
-- aircraft, specials: `reliability_excluded`), which move a total by more than anything else does (METHODS E14). A
-- reported total less the detail of these goods in the same report, so that what is confidential stays in it; only where
-- the codes of six digits of each side that reported are loaded whole, that is add up to its totals of the period.
with

totals as (

    select * from {{ ref('int_flows_typed') }}
    where product_code = 'TOTAL' and coverage_status not in ('partner_hidden', 'non_geographic', 'unvalued')

),

reports as (

    select
        freq, period, role, reporter,
        {{ exact_sum('value_usd', 'product_level = 0') }} as total_usd,
        {{ exact_sum('value_usd', 'product_level = 6') }} as detail_usd
    from {{ ref('int_reports_ranked') }}
    where is_used and product_level in (0, 6)
    group by freq, period, role, reporter

),

detailed as (

    select freq, period, role, reporter
    from reports
    where abs(detail_usd - total_usd) <= (1 - {{ var('suppressed_children_share') }}) * total_usd

),

excluded as (

    select
        freq, period, role, reporter, partner,
        {{ exact_sum('value_usd') }} as value_usd,
        {{ exact_sum('coalesce(published_fob_value_usd, value_usd)') }} as fob_value_usd
    from {{ ref('int_flows_chosen') }}
    where product_level = 6
        and (
            {% for code in var('reliability_excluded') -%}
            left(product_code, {{ code | length }}) = '{{ code }}'{{ ' or' if not loop.last }}
            {% endfor %}
        )
    group by freq, period, role, reporter, partner

),

cored as (

    select
        totals.*,
        totals.export_value_usd - coalesce(exports.value_usd, 0) as core_export_usd,
        totals.import_value_usd - coalesce(imports.value_usd, 0) as core_import_usd,
        totals.import_value_fob_usd - coalesce(imports.fob_value_usd, 0) as core_published_fob_usd
    from totals
    {% for side, party, partner in [('export', 'exporter_iso3', 'importer_iso3'), ('import', 'importer_iso3', 'exporter_iso3')] -%}
    left join excluded as {{ side }}s
        on {{ side }}s.freq = totals.freq
        and {{ side }}s.period = totals.period
        and {{ side }}s.role = '{{ side }}'
        and {{ side }}s.reporter = totals.{{ party }}
        and {{ side }}s.partner = totals.{{ partner }}
    left join detailed as detailed_{{ side }}s
        on detailed_{{ side }}s.freq = totals.freq
        and detailed_{{ side }}s.period = totals.period
        and detailed_{{ side }}s.role = '{{ side }}'
        and detailed_{{ side }}s.reporter = totals.{{ party }}
    {% endfor -%}
    where (totals.export_value_usd is null or detailed_exports.reporter is not null)
        and (totals.import_value_usd is null or detailed_imports.reporter is not null)

)

select
    freq,
    period,
    exporter_iso3,
    importer_iso3,
    'TOTAL_CORE' as product_code,
    1 as product_level,
    hs_revision,
    comparable_revision,
    concordance_quality,
    is_controlled_then,
    is_controlled_now,

    coverage_status,
    zero_strength,
    cast(null as double) as hidden_usd,

    core_export_usd as export_value_usd,
    cast(null as double) as re_export_value_usd,
    cast(null as double) as export_net_kg,
    cast(null as double) as export_quantity,
    cast(null as {{ dbt.type_string() }}) as export_quantity_unit,

    core_import_usd as import_value_usd,
    import_basis,
    case import_basis
        when 'published_fob' then core_published_fob_usd
        else {{ to_fob('core_import_usd', 'margin_mid') }}
    end as import_value_fob_usd,
    margin_low,
    margin_mid,
    margin_high,
    cast(null as double) as import_net_kg,
    cast(null as double) as import_quantity,
    cast(null as {{ dbt.type_string() }}) as import_quantity_unit
from cored
-- detail that is more than its total is not a part of it
where coalesce(core_export_usd, 0) >= 0 and coalesce(core_import_usd, 0) >= 0
