-- What of a transit country's exports to a destination above their baseline can be re-exports of a bloc's exports above
-- their own. An upper bound; the lower is 0: a country may export from stocks, and keep what it imports.
with

matched as (

    select * from {{ ref('int_chains_matched') }} where baseline_id = '{{ var("baseline") }}'

),

-- a route that months show has no years: they would say the same again
by_month as (

    select distinct exporter_bloc, transit_iso3, target_iso3, goods from matched where freq = 'M'

),

chains as (

    select matched.*
    from matched
    left join by_month
        on by_month.exporter_bloc = matched.exporter_bloc
        and by_month.transit_iso3 = matched.transit_iso3
        and by_month.target_iso3 = matched.target_iso3
        and by_month.goods = matched.goods
    where matched.freq = 'M' or (by_month.goods is null and matched.chain_upper_usd is not null)

),

flows as (

    select *, {{ month_number('period') }} as month_number
    from {{ ref('int_series_summed') }}
    where is_screened

),

builds as (

    select * from {{ ref('int_builds_described') }}

),

-- a year that has a weight, or twelve months that all have
priced as (

    select
        freq,
        exporter,
        importer_iso3,
        goods,
        period,
        case
            when freq = 'A' then export_value_usd / nullif(export_kg, 0)
            when {{ year_count('export_kg', 'freq, exporter, importer_iso3, goods') }} = 12
                then {{ year_sum('export_value_usd', 'freq, exporter, importer_iso3, goods') }}
                    / nullif({{ year_sum('export_kg', 'freq, exporter, importer_iso3, goods') }}, 0)
        end as usd_per_kg
    from flows

),

-- ---- a country's imports from and exports to the whole world, in periods for which it published both: the difference
-- can have stayed in the country. Partners that are no countries count too.

chained as (

    select distinct freq, transit_iso3, goods from chains

),

groups as (

    select * from {{ ref('int_products_grouped') }}

),

product_groups as (

    select product_group, goods from {{ ref('int_product_groups_composed') }}

),

reports as (

    select distinct freq, period, role, reporter, product_level
    from {{ ref('int_reporting_calendar') }}
    where partner = '*' and not is_partial and product_level in (0, 6)

),

cells as (

    select
        flows.freq,
        flows.period,
        flows.exporter_iso3,
        flows.importer_iso3,
        flows.product_level,
        case
            when flows.product_level = 0 then 'TOTAL'
            else coalesce(groups.stable_group_id, flows.product_code)
        end as goods,
        flows.export_value_usd,
        flows.import_value_fob_usd
    from {{ ref('int_flows_typed') }} as flows
    left join groups
        on groups.hs_revision = flows.hs_revision
        and groups.product_code = flows.product_code
    where flows.product_level in (0, 6)

),

sides as (

    select freq, period, importer_iso3 as transit_iso3, product_level, goods, import_value_fob_usd as in_usd, null as out_usd
    from cells
    where import_value_fob_usd is not null
    union all
    select freq, period, exporter_iso3 as transit_iso3, product_level, goods, null as in_usd, export_value_usd as out_usd
    from cells
    where export_value_usd is not null

),

widened as (

    select freq, period, transit_iso3, product_level, goods, in_usd, out_usd from sides
    union all
    select
        sides.freq, sides.period, sides.transit_iso3, sides.product_level, product_groups.product_group as goods,
        sides.in_usd, sides.out_usd
    from sides
    inner join product_groups on product_groups.goods = sides.goods

),

summed as (

    select
        widened.freq,
        widened.period,
        widened.transit_iso3,
        widened.goods,
        {{ exact_sum('widened.in_usd') }} as in_usd,
        {{ exact_sum('widened.out_usd') }} as out_usd
    from widened
    inner join chained
        on chained.freq = widened.freq
        and chained.transit_iso3 = widened.transit_iso3
        and chained.goods = widened.goods
    group by widened.freq, widened.period, widened.transit_iso3, widened.goods

),

published as (

    select freq, reporter, period, product_level
    from reports
    group by freq, reporter, period, product_level
    having count(distinct role) = 2

),

supplies as (

    select
        published.freq,
        published.period,
        {{ month_number('published.period') }} as month_number,
        chained.transit_iso3,
        chained.goods,
        coalesce(summed.in_usd, 0) as import_fob_usd,
        coalesce(summed.out_usd, 0) as export_value_usd
    from chained
    inner join published
        on published.freq = chained.freq
        and published.reporter = chained.transit_iso3
        and published.product_level = case chained.goods when 'TOTAL' then 0 else 6 end
    left join summed
        on summed.freq = published.freq
        and summed.period = published.period
        and summed.transit_iso3 = chained.transit_iso3
        and summed.goods = chained.goods

),

absorbed as (

    select
        freq,
        transit_iso3,
        goods,
        period,
        case
            when freq = 'A' then import_fob_usd - export_value_usd
            when {{ year_count('import_fob_usd', 'freq, transit_iso3, goods') }} = 12
                then {{ year_sum('import_fob_usd', 'freq, transit_iso3, goods') }}
                    - {{ year_sum('export_value_usd', 'freq, transit_iso3, goods') }}
        end as domestic_absorption_usd
    from supplies

)

select
    chains.exporter_bloc,
    chains.transit_iso3,
    chains.target_iso3,
    chains.goods,
    chains.goods_kind,
    chains.freq,
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
    -- of all goods the difference is the balance of trade, which shows no origin
    case when chains.goods not like 'TOTAL%' then absorbed.domestic_absorption_usd < 0 end as is_origin_unknown,

    cast(chains.lead_lag_months as integer) as lead_lag_months,
    chains.lead_lag_correlation,
    chains.lead_lag_p,
    {{ provenance_columns() }}
from chains
left join priced as inward
    on inward.freq = chains.freq
    and inward.exporter = chains.exporter_bloc
    and inward.importer_iso3 = chains.transit_iso3
    and inward.goods = chains.goods
    and inward.period = chains.period
left join priced as outward
    on outward.freq = chains.freq
    and outward.exporter = chains.transit_iso3
    and outward.importer_iso3 = chains.target_iso3
    and outward.goods = chains.goods
    and outward.period = chains.period
left join {{ ref('int_premiums_averaged') }} as premiums
    on premiums.transit_iso3 = chains.transit_iso3
    and premiums.goods = chains.goods
    and premiums.period = {{ last_month("chains.freq = 'A'", 'chains.period') }}
left join absorbed
    on absorbed.freq = chains.freq
    and absorbed.transit_iso3 = chains.transit_iso3
    and absorbed.goods = chains.goods
    and absorbed.period = chains.period
cross join builds
