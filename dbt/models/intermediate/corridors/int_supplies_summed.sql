-- What a transit country took in from the whole world and sent out to it, good by good and month by month: what is
-- left is what it can have kept. Only goods that are in a chain; partners that are no countries count too. A month
-- that the country did not publish, of imports or of exports, has no row.
with

chains as (

    select distinct transit_iso3, goods from {{ ref('int_chains_matched') }}

),

groups as (

    select * from {{ ref('int_products_grouped') }}

),

baskets as (

    select basket_id, goods from {{ ref('int_goods_basketed') }}

),

reports as (

    select distinct period, role, reporter, product_level
    from {{ ref('int_reporting_calendar') }}
    where freq = 'M' and partner = '*' and not is_partial and product_level in (0, 6)

),

cells as (

    select
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
    from {{ ref('report_coverage') }} as flows
    left join groups
        on groups.hs_revision = flows.hs_revision
        and groups.product_code = flows.product_code
    where flows.freq = 'M' and flows.product_level in (0, 6)

),

sides as (

    select period, importer_iso3 as transit_iso3, product_level, goods, import_value_fob_usd as in_usd, null as out_usd
    from cells
    where import_value_fob_usd is not null
    union all
    select period, exporter_iso3 as transit_iso3, product_level, goods, null as in_usd, export_value_usd as out_usd
    from cells
    where export_value_usd is not null

),

widened as (

    select period, transit_iso3, product_level, goods, in_usd, out_usd from sides
    union all
    select sides.period, sides.transit_iso3, sides.product_level, baskets.basket_id as goods, sides.in_usd, sides.out_usd
    from sides
    inner join baskets on baskets.goods = sides.goods

),

summed as (

    select
        widened.period,
        widened.transit_iso3,
        widened.goods,
        {{ exact_sum('widened.in_usd') }} as in_usd,
        {{ exact_sum('widened.out_usd') }} as out_usd
    from widened
    inner join chains
        on chains.transit_iso3 = widened.transit_iso3
        and chains.goods = widened.goods
    group by widened.period, widened.transit_iso3, widened.goods

),

published as (

    select reporter, period, product_level
    from reports
    group by reporter, period, product_level
    having count(distinct role) = 2

)

select
    published.period,
    chains.transit_iso3,
    chains.goods,
    coalesce(summed.in_usd, 0) as import_fob_usd,
    coalesce(summed.out_usd, 0) as export_value_usd
from chains
inner join published
    on published.reporter = chains.transit_iso3
    and published.product_level = case chains.goods when 'TOTAL' then 0 else 6 end
left join summed
    on summed.period = published.period
    and summed.transit_iso3 = chains.transit_iso3
    and summed.goods = chains.goods
