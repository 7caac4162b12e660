-- How far the unit value of a transit country's exports to destinations is above that to others for the same code: the
-- mean of twelve months, weighted by value. Where a good with a weight was exported to both.
with

premiums as (

    select * from {{ ref('int_unit_values_judged') }}
    where freq = 'M'
        and flow = 'export'
        and price_premium_target_ratio is not null
        and anomaly is distinct from 'unit_error'

),

groups as (

    select * from {{ ref('int_products_grouped') }}

),

product_groups as (

    select product_group, goods from {{ ref('int_product_groups_composed') }}

),

products as (

    select
        premiums.reporter_iso3 as transit_iso3,
        coalesce(groups.stable_group_id, premiums.product_code) as goods,
        premiums.period,
        premiums.value_usd,
        premiums.value_usd * premiums.price_premium_target_ratio as value_at_ratio_usd
    from premiums
    left join groups
        on groups.hs_revision = premiums.hs_revision
        and groups.product_code = premiums.product_code

),

goods as (

    select * from products
    union all
    select
        products.transit_iso3, product_groups.product_group as goods, products.period, products.value_usd,
        products.value_at_ratio_usd
    from products
    inner join product_groups on product_groups.goods = products.goods

),

months as (

    select
        transit_iso3,
        goods,
        period,
        {{ month_number('period') }} as month_number,
        {{ exact_sum('value_usd') }} as value_usd,
        {{ exact_sum('value_at_ratio_usd') }} as value_at_ratio_usd
    from goods
    group by transit_iso3, goods, period

),

-- a month without exports to both still ends twelve months with some
calendar as (

    select distinct exporter as transit_iso3, goods, period
    from {{ ref('int_series_summed') }}
    where freq = 'M' and is_screened and exporter_kind = 'country'

),

dated as (

    select
        calendar.transit_iso3,
        calendar.goods,
        calendar.period,
        {{ month_number('calendar.period') }} as month_number,
        months.value_usd,
        months.value_at_ratio_usd
    from calendar
    inner join (select distinct transit_iso3, goods from months) as weighed
        on weighed.transit_iso3 = calendar.transit_iso3
        and weighed.goods = calendar.goods
    left join months
        on months.transit_iso3 = calendar.transit_iso3
        and months.goods = calendar.goods
        and months.period = calendar.period

)

select
    transit_iso3,
    goods,
    period,
    {{ year_sum('value_at_ratio_usd', 'transit_iso3, goods') }}
        / nullif({{ year_sum('value_usd', 'transit_iso3, goods') }}, 0) - 1 as price_premium_ratio
from dated
