-- What of the goods that a transit country sold on beyond its habit can have come from a bloc beyond its habit. An
-- upper bound, with nothing as its lower: a country may sell what it had, and keep what it bought.
with

chains as (

    select * from {{ ref('int_chains_matched') }} where left_out_year = 0

),

flows as (

    select *, {{ month_number('period') }} as month_number from {{ ref('corridor_flows') }}

),

supplies as (

    select *, {{ month_number('period') }} as month_number from {{ ref('int_supplies_summed') }}

),

builds as (

    select * from {{ ref('int_builds_described') }}

),

-- twelve months that were weighed throughout
priced as (

    select
        exporter,
        importer_iso3,
        goods,
        period,
        case
            when {{ year_count('export_kg', 'exporter, importer_iso3, goods') }} = 12
                then {{ year_sum('export_value_usd', 'exporter, importer_iso3, goods') }}
                    / nullif({{ year_sum('export_kg', 'exporter, importer_iso3, goods') }}, 0)
        end as usd_per_kg
    from flows

),

absorbed as (

    select
        transit_iso3,
        goods,
        period,
        case
            when {{ year_count('import_fob_usd', 'transit_iso3, goods') }} = 12
                then {{ year_sum('import_fob_usd', 'transit_iso3, goods') }}
                    - {{ year_sum('export_value_usd', 'transit_iso3, goods') }}
        end as domestic_absorption_usd
    from supplies

)

select
    chains.exporter_bloc,
    chains.transit_iso3,
    chains.target_iso3,
    chains.goods,
    chains.goods_kind,
    cast(chains.period as date) as period,

    chains.in_excess_usd,
    chains.arrived_excess_usd,
    chains.out_excess_usd,
    chains.chain_upper_usd,
    chains.chain_arrived_usd,
    cast(0 as double) as chain_lower_usd,
    chains.chain_upper_kg,
    outward.usd_per_kg / nullif(inward.usd_per_kg, 0) as markup_ratio,
    premiums.price_premium_ratio,
    absorbed.domestic_absorption_usd,
    absorbed.domestic_absorption_usd < 0 as is_origin_unknown,

    cast(chains.lead_lag_months as integer) as lead_lag_months,
    chains.lead_lag_correlation,
    chains.lead_lag_p,
    {{ provenance_columns() }}
from chains
left join priced as inward
    on inward.exporter = chains.exporter_bloc
    and inward.importer_iso3 = chains.transit_iso3
    and inward.goods = chains.goods
    and inward.period = chains.period
left join priced as outward
    on outward.exporter = chains.transit_iso3
    and outward.importer_iso3 = chains.target_iso3
    and outward.goods = chains.goods
    and outward.period = chains.period
left join {{ ref('int_premiums_averaged') }} as premiums
    on premiums.transit_iso3 = chains.transit_iso3
    and premiums.goods = chains.goods
    and premiums.period = chains.period
left join absorbed
    on absorbed.transit_iso3 = chains.transit_iso3
    and absorbed.goods = chains.goods
    and absorbed.period = chains.period
cross join builds
