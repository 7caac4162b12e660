-- Comext's flows at the grain all sources share: its months at the levels of the HS, in dollars at the month's rate,
-- and the years whose twelve months are there. The bulk files come before the downloads, which hold totals only.
-- The world and blocs are sums of others and have no row.
{% set key = 'period, role, reporter, reporter_is_country, partner, partner_is_country' %}
with

country_codes as (

    select * from {{ ref('int_country_codes_resolved') }}
    where publisher = 'eurostat' and kind not in ('world', 'bloc')

),

rates as (

    select period, units_per_eur from {{ ref('int_rates_averaged') }} where currency = 'USD'

),

-- over trade types, statistical procedures and the eight digits of the Combined Nomenclature
bulk_parts as (

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
    from {{ ref('stg_eurostat__flows') }} as flows
    inner join country_codes as reporters on reporters.code = flows.reporter_code
    inner join country_codes as partners on partners.code = flows.partner_code
    group by
        flows.period, flows.role, reporters.party, reporters.is_country, partners.party, partners.is_country,
        flows.is_total, flows.chapter, flows.hs4_code, flows.hs6_code, flows.quantity_unit

),

coded as (

    select *, chapter as product_code, 2 as product_level from bulk_parts where chapter is not null
    union all
    select *, hs4_code as product_code, 4 as product_level from bulk_parts where hs4_code is not null
    union all
    select *, hs6_code as product_code, 6 as product_level from bulk_parts where hs6_code is not null

),

bulk as (

    select
        {{ key }}, product_code, product_level,
        {{ exact_sum('value_eur') }} as value_eur,
        {{ exact_sum('net_kg') }} as net_kg,
        case when product_level = 6 and count(distinct coalesce(quantity_unit, '')) = 1
            then {{ exact_sum('quantity') }} end as quantity,
        case when product_level = 6 and count(distinct coalesce(quantity_unit, '')) = 1
            then max(quantity_unit) end as quantity_unit
    from coded
    group by {{ key }}, product_code, product_level
    union all
    -- a chapter holds its hidden products, a total those whose chapter is hidden as well
    select
        {{ key }}, 'TOTAL' as product_code, 0 as product_level,
        coalesce({{ exact_sum('value_eur', 'is_total') }}, {{ exact_sum('value_eur') }}) as value_eur,
        coalesce({{ exact_sum('net_kg', 'is_total') }}, {{ exact_sum('net_kg') }}) as net_kg,
        cast(null as double) as quantity,
        cast(null as {{ dbt.type_string() }}) as quantity_unit
    from bulk_parts
    group by {{ key }}

),

downloads as (

    select
        downloads.period,
        downloads.role,
        reporters.party as reporter,
        reporters.iso3 as reporter_iso3,
        reporters.is_country as reporter_is_country,
        partners.party as partner,
        partners.is_country as partner_is_country,
        downloads.product_code,
        downloads.product_level,
        downloads.value_eur
    from {{ ref('stg_eurostat__downloads') }} as downloads
    inner join country_codes as reporters on reporters.code = downloads.reporter_label
    inner join country_codes as partners on partners.code = downloads.partner_label

),

months as (

    select 'bulk' as origin, {{ key }}, product_code, product_level, value_eur, net_kg, quantity, quantity_unit
    from bulk
    union all
    select
        'download' as origin,
        downloads.period, downloads.role, downloads.reporter, downloads.reporter_is_country, downloads.partner,
        downloads.partner_is_country, downloads.product_code, downloads.product_level, downloads.value_eur,
        cast(null as double) as net_kg,
        cast(null as double) as quantity,
        cast(null as {{ dbt.type_string() }}) as quantity_unit
    from downloads
    left join bulk
        on bulk.period = downloads.period
        and bulk.role = downloads.role
        and bulk.reporter = downloads.reporter
        and bulk.partner = downloads.partner
        and bulk.product_code = downloads.product_code
    where bulk.period is null

),

valued as (

    select
        months.*,
        cast(extract(year from months.period) as integer) as year,
        {{ hs_revision_in('extract(year from months.period)') }} as hs_revision,
        months.value_eur * rates.units_per_eur as value_usd
    from months
    left join rates on rates.period = months.period

),

-- A bulk file holds all of a member's partners, so its year is whole where the member is in twelve files.
bulk_months as (

    select distinct role, reporter, year, period from valued where origin = 'bulk'

),

bulk_years as (

    select role, reporter, year
    from bulk_months
    group by role, reporter, year
    having count(distinct period) = 12

),

-- A download holds all members for one partner: a member reports every month, and one without a row traded nothing;
-- a reporter that is no member (the United Kingdom, to January 2020) is there only where it has a row.
members as (

    select distinct downloads.role, downloads.reporter
    from downloads
    inner join {{ ref('stg_seeds__bloc_members') }} as bloc_members
        on bloc_members.bloc = 'EU27'
        and bloc_members.iso3 = downloads.reporter_iso3

),

covered_months as (

    select members.role, members.reporter, downloaded.partner, downloaded.product_code, downloaded.period
    from (select distinct role, partner, product_code, period from downloads) as downloaded
    inner join members on members.role = downloaded.role
    union
    select role, reporter, partner, product_code, period from downloads
    union
    select bulk_months.role, bulk_months.reporter, downloaded.partner, downloaded.product_code, bulk_months.period
    from bulk_months
    inner join (select distinct role, partner, product_code from downloads) as downloaded
        on downloaded.role = bulk_months.role

),

covered_years as (

    select role, reporter, partner, product_code, cast(extract(year from period) as integer) as year
    from covered_months
    group by role, reporter, partner, product_code, extract(year from period)
    having count(distinct period) = 12

),

placed as (

    select
        'M' as freq, {{ key }}, product_code, product_level, hs_revision,
        value_eur, value_usd, nullif(net_kg, 0) as net_kg, quantity, quantity_unit
    from valued
    union all
    select
        'A' as freq,
        cast(cast(valued.year as {{ dbt.type_string() }}) || '-01-01' as date) as period,
        valued.role, valued.reporter, valued.reporter_is_country, valued.partner, valued.partner_is_country,
        valued.product_code, valued.product_level, valued.hs_revision,
        {{ exact_sum('valued.value_eur') }} as value_eur,
        -- without one month's rate there is no year in dollars
        case when count(valued.value_usd) = count(*) then {{ exact_sum('valued.value_usd') }} end as value_usd,
        -- a download has no quantities
        case when min(valued.origin) = 'bulk' and max(valued.origin) = 'bulk'
            then {{ exact_sum('nullif(valued.net_kg, 0)') }} end as net_kg,
        case when count(distinct coalesce(valued.quantity_unit, '')) = 1
            then {{ exact_sum('valued.quantity') }} end as quantity,
        case when count(distinct coalesce(valued.quantity_unit, '')) = 1
            then max(valued.quantity_unit) end as quantity_unit
    from valued
    left join bulk_years
        on bulk_years.role = valued.role
        and bulk_years.reporter = valued.reporter
        and bulk_years.year = valued.year
    left join covered_years
        on covered_years.role = valued.role
        and covered_years.reporter = valued.reporter
        and covered_years.partner = valued.partner
        and covered_years.product_code = valued.product_code
        and covered_years.year = valued.year
    where bulk_years.year is not null or covered_years.year is not null
    group by
        valued.year, valued.role, valued.reporter, valued.reporter_is_country, valued.partner,
        valued.partner_is_country, valued.product_code, valued.product_level, valued.hs_revision

)

select
    'eurostat' as source_name,
    freq,
    period,
    role,
    reporter,
    partner,
    reporter_is_country,
    partner_is_country,
    product_code,
    product_level,
    hs_revision,

    value_eur,
    value_usd,
    cast(null as double) as re_traded_value_usd,
    cast(null as double) as published_fob_value_usd,
    net_kg,
    false as is_net_kg_estimated,  -- Comext does not mark what a member estimates
    quantity,
    quantity_unit,
    false as is_quantity_estimated
from placed
