-- Comext's months at the levels of the HS, in euro and, at the month's rate, in dollars.
-- A chapter holds its hidden products, a total those whose chapter is hidden as well. The bulk files speak
-- before the downloads, which know totals only. The world and blocs are sums of others and have no row.
with

flows as (

    select * from {{ ref('stg_eurostat__flows') }}

),

country_codes as (

    select * from {{ ref('int_country_codes_resolved') }} where publisher = 'eurostat'

),

rates as (

    select period, units_per_eur from {{ ref('int_rates_averaged') }} where currency = 'USD'

),

-- over trade types, statistical procedures and the eight digits of the Combined Nomenclature
parts as (

    select
        flows.period,
        flows.role,
        reporters.party as reporter,
        reporters.is_country as reporter_is_country,
        partners.party as partner,
        partners.is_country as partner_is_country,
        flows.is_total,
        flows.chapter,
        flows.hs4_code,
        flows.hs6_code,
        flows.quantity_unit,
        {{ exact_sum('flows.value_eur') }} as value_eur,
        {{ exact_sum('flows.net_kg') }} as net_kg,
        {{ exact_sum('flows.quantity') }} as quantity
    from flows
    inner join country_codes as reporters on reporters.code = flows.reporter_code
    inner join country_codes as partners on partners.code = flows.partner_code
    where reporters.kind not in ('world', 'bloc')
        and partners.kind not in ('world', 'bloc')
    group by
        flows.period, flows.role, reporters.party, reporters.is_country, partners.party, partners.is_country,
        flows.is_total, flows.chapter, flows.hs4_code, flows.hs6_code, flows.quantity_unit

),

coded as (

    select *, chapter as product_code, 2 as product_level from parts where chapter is not null
    union all
    select *, hs4_code as product_code, 4 as product_level from parts where hs4_code is not null
    union all
    select *, hs6_code as product_code, 6 as product_level from parts where hs6_code is not null

),

products as (

    select
        period, role, reporter, reporter_is_country, partner, partner_is_country, product_code, product_level,
        {{ exact_sum('value_eur') }} as value_eur,
        {{ exact_sum('net_kg') }} as net_kg,
        case when product_level = 6 and count(distinct coalesce(quantity_unit, '')) = 1
            then {{ exact_sum('quantity') }} end as quantity,
        case when product_level = 6 and count(distinct coalesce(quantity_unit, '')) = 1
            then max(quantity_unit) end as quantity_unit
    from coded
    group by
        period, role, reporter, reporter_is_country, partner, partner_is_country, product_code, product_level

),

totals as (

    select
        period, role, reporter, reporter_is_country, partner, partner_is_country,
        'TOTAL' as product_code,
        0 as product_level,
        coalesce({{ exact_sum('value_eur', 'is_total') }}, {{ exact_sum('value_eur') }}) as value_eur,
        coalesce({{ exact_sum('net_kg', 'is_total') }}, {{ exact_sum('net_kg') }}) as net_kg,
        cast(null as double) as quantity,
        cast(null as {{ dbt.type_string() }}) as quantity_unit
    from parts
    group by period, role, reporter, reporter_is_country, partner, partner_is_country

),

bulk as (

    select * from products
    union all
    select * from totals

),

downloads as (

    select downloads.*
    from {{ ref('int_eurostat_downloads_resolved') }} as downloads
    left join bulk
        on bulk.period = downloads.period
        and bulk.role = downloads.role
        and bulk.reporter = downloads.reporter
        and bulk.partner = downloads.partner
        and bulk.product_code = downloads.product_code
    where bulk.period is null
        and downloads.reporter_kind not in ('world', 'bloc')
        and downloads.partner_kind not in ('world', 'bloc')

),

months as (

    select
        'bulk' as origin,
        period, role, reporter, reporter_is_country, partner, partner_is_country, product_code, product_level,
        value_eur, net_kg, quantity, quantity_unit
    from bulk
    union all
    select
        'download' as origin,
        period, role, reporter, reporter_is_country, partner, partner_is_country, product_code, product_level,
        value_eur,
        cast(null as double) as net_kg,
        cast(null as double) as quantity,
        cast(null as {{ dbt.type_string() }}) as quantity_unit
    from downloads

)

select
    months.origin,
    months.period,
    months.role,
    months.reporter,
    months.reporter_is_country,
    months.partner,
    months.partner_is_country,
    months.product_code,
    months.product_level,
    {{ hs_revision_in('extract(year from months.period)') }} as hs_revision,

    months.value_eur,
    months.value_eur * rates.units_per_eur as value_usd,
    nullif(months.net_kg, 0) as net_kg,
    months.quantity,
    months.quantity_unit
from months
left join rates on rates.period = months.period
