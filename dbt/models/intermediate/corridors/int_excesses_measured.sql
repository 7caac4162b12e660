-- What a month of a corridor holds above what was normal: against the whole baseline for every month, and for a year
-- of the baseline against the rest of it. The months before such a year come along, for what was still under way.
with

flows as (

    select * from {{ ref('int_corridors_answered') }}

),

baselines as (

    select * from {{ ref('int_baselines_averaged') }}

)

select
    flows.exporter,
    flows.exporter_kind,
    flows.importer_iso3,
    flows.importer_role,
    flows.goods,
    flows.goods_kind,
    flows.period,
    flows.month_number,
    baselines.left_out_year,

    flows.export_value_usd,
    flows.export_value_usd - baselines.mean_export_usd as export_excess_usd,
    flows.import_fob_usd - baselines.mean_import_fob_usd as arrived_excess_usd,
    flows.export_kg,
    flows.export_kg - baselines.mean_export_kg as export_excess_kg,
    case
        when baselines.export_months >= {{ var('months_needed') }}
            then {{ robust_z(asinh_scaled('flows.export_value_usd'), 'baselines.median_asinh',
                robust_scale('baselines.mad_asinh', var('z_floor'))) }}
    end as z
from flows
inner join baselines
    on baselines.exporter = flows.exporter
    and baselines.importer_iso3 = flows.importer_iso3
    and baselines.goods = flows.goods
where baselines.left_out_year = 0
    or flows.month_number
        between 12 * baselines.left_out_year + 1 - {{ var('chain_lag_months') }} and 12 * baselines.left_out_year + 12
