-- Comext's flows at the grain all sources share: its months, and the years whose twelve months are there.
-- A bulk file holds all of a member's partners, so the year is whole where the member is in twelve files. A
-- download holds all members for one partner: a member reports every month, and one without a row traded
-- nothing; whoever is no member (the United Kingdom, to January 2020) was there only where it has a row.
with

months as (

    select *, cast(extract(year from period) as integer) as year from {{ ref('int_eurostat_months_valued') }}

),

downloads as (

    select *, cast(extract(year from period) as integer) as year
    from {{ ref('int_eurostat_downloads_resolved') }}
    where reporter_kind not in ('world', 'bloc')

),

bulk_months as (

    select distinct role, reporter, year, period from months where origin = 'bulk'

),

reporters as (

    select role, reporter, max(case when is_member then 1 else 0 end) as is_member
    from downloads
    group by role, reporter

),

covered_months as (

    select
        questions.role, reporters.reporter, questions.partner, questions.product_code, questions.year,
        questions.period
    from (select distinct role, partner, product_code, year, period from downloads) as questions
    inner join reporters on reporters.role = questions.role and reporters.is_member = 1
    union
    select role, reporter, partner, product_code, year, period from downloads
    union
    select
        bulk_months.role, bulk_months.reporter, questions.partner, questions.product_code, bulk_months.year,
        bulk_months.period
    from bulk_months
    inner join (select distinct role, partner, product_code from downloads) as questions
        on questions.role = bulk_months.role

),

covered_years as (

    select role, reporter, partner, product_code, year
    from covered_months
    group by role, reporter, partner, product_code, year
    having count(distinct period) = 12

),

bulk_years as (

    select role, reporter, year
    from bulk_months
    group by role, reporter, year
    having count(distinct period) = 12

),

years as (

    select
        months.year,
        months.role,
        months.reporter,
        months.partner,
        months.reporter_is_country,
        months.partner_is_country,
        months.product_code,
        months.product_level,
        months.hs_revision,
        -- without one month's rate there is no year
        case when count(months.value_usd) = count(*) then {{ exact_sum('months.value_usd') }} end as value_usd,
        -- a download has no quantities
        case when min(months.origin) = 'bulk' and max(months.origin) = 'bulk'
            then {{ exact_sum('months.net_kg') }} end as net_kg,
        case when count(distinct coalesce(months.quantity_unit, '')) = 1
            then {{ exact_sum('months.quantity') }} end as quantity,
        case when count(distinct coalesce(months.quantity_unit, '')) = 1
            then max(months.quantity_unit) end as quantity_unit
    from months
    left join bulk_years
        on bulk_years.role = months.role
        and bulk_years.reporter = months.reporter
        and bulk_years.year = months.year
    left join covered_years
        on covered_years.role = months.role
        and covered_years.reporter = months.reporter
        and covered_years.partner = months.partner
        and covered_years.product_code = months.product_code
        and covered_years.year = months.year
    where bulk_years.year is not null or covered_years.year is not null
    group by
        months.year, months.role, months.reporter, months.partner, months.reporter_is_country,
        months.partner_is_country, months.product_code, months.product_level, months.hs_revision

),

placed as (

    select
        'M' as freq,
        period,
        role, reporter, partner, reporter_is_country, partner_is_country, product_code, product_level, hs_revision,
        value_usd, net_kg, quantity, quantity_unit
    from months
    union all
    select
        'A' as freq,
        cast(cast(year as {{ dbt.type_string() }}) || '-01-01' as date) as period,
        role, reporter, partner, reporter_is_country, partner_is_country, product_code, product_level, hs_revision,
        value_usd, net_kg, quantity, quantity_unit
    from years

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

    value_usd,
    cast(null as double) as re_traded_value_usd,
    cast(null as double) as published_fob_value_usd,
    net_kg,
    false as is_net_kg_estimated,  -- where a member estimates, Comext does not say so
    quantity,
    quantity_unit,
    false as is_quantity_estimated
from placed
