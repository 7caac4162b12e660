-- The reporting calendar: which levels a country published in which role, period and HS revision; when
-- it last reported; and whether its "annual" figure holds only some of the year's months. Who published codes
-- of six digits in a revision that is bridged published them in groups ('mixed') as well.
with

flows as (

    select
        *,
        {{ comparable_revision('product_level', 'hs_revision') }} as comparable_revision
    from {{ ref('int_flows_chosen') }}
    where reporter_is_country

),

bridged_revisions as (

    select distinct hs_revision from {{ ref('int_products_grouped') }}

),

reports as (

    select freq, period, role, reporter, product_level, comparable_revision, count(*) as cells
    from flows
    group by freq, period, role, reporter, product_level, comparable_revision
    union all
    select freq, period, role, reporter, product_level, 'mixed' as comparable_revision, count(*) as cells
    from flows
    inner join bridged_revisions on bridged_revisions.hs_revision = flows.hs_revision
    where product_level = 6
    group by freq, period, role, reporter, product_level

),

last_periods as (

    select freq, role, reporter, max(period) as last_period
    from flows
    group by freq, role, reporter

),

annual_totals as (

    select role, reporter, extract(year from period) as year, {{ exact_sum('value_usd') }} as value_usd
    from flows
    where freq = 'A' and product_level = 0
    group by role, reporter, extract(year from period)

),

monthly_totals as (

    select
        role,
        reporter,
        extract(year from period) as year,
        count(distinct period) as months,
        max(extract(month from period)) as last_month,
        {{ exact_sum('value_usd') }} as value_usd
    from flows
    where freq = 'M' and product_level = 0
    group by role, reporter, extract(year from period)

),

partial_years as (

    select annual_totals.role, annual_totals.reporter, annual_totals.year
    from annual_totals
    inner join monthly_totals
        on monthly_totals.role = annual_totals.role
        and monthly_totals.reporter = annual_totals.reporter
        and monthly_totals.year = annual_totals.year
    where monthly_totals.months < 12
        and monthly_totals.months = monthly_totals.last_month  -- it stops; a quiet month in between is none
        and abs(annual_totals.value_usd / nullif(monthly_totals.value_usd, 0) - 1) < 0.05

)

select
    reports.freq,
    reports.period,
    reports.role,
    reports.reporter,
    reports.product_level,
    reports.comparable_revision,
    reports.cells,
    last_periods.last_period,
    reports.freq = 'A' and partial_years.reporter is not null as is_partial
from reports
inner join last_periods
    on last_periods.freq = reports.freq
    and last_periods.role = reports.role
    and last_periods.reporter = reports.reporter
left join partial_years
    on partial_years.role = reports.role
    and partial_years.reporter = reports.reporter
    and partial_years.year = extract(year from reports.period)
