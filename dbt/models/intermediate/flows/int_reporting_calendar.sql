{{ config(materialized='table', event_time='') }}  -- the last period of a reporter is that of all years
-- The reporting calendar: which levels a country reported in which role, period and HS revision, and of whom; when it
-- last reported; and whether its "annual" figure holds only some of the year's months. Who reported headings or codes of
-- six digits reported what meets in no revision ('none') as well, and in a revision that is bridged what meets across
-- revisions ('mixed').
--
-- A report is about every partner ('*'): one without a row traded nothing. A source of selected partners is about
-- those alone that it has at that level and period with any reporter: with Comext's rows for Kazakhstan a member has
-- reported nothing of Brazil. A report that is not valued as a whole is none: what it lacks is no zero.
with

reports_used as (

    select *, {{ is_selective('source_name') }} as is_selective
    from {{ ref('int_reports_ranked') }}
    where is_used and value_usd is not null and reporter_is_country

),

bridged_revisions as (

    select distinct hs_revision from {{ ref('int_products_grouped') }}

),

statements as (

    select distinct
        source_name, is_selective, freq, period, role, reporter, partner, product_level,
        {{ comparable_revision('product_level', 'hs_revision') }} as comparable_revision
    from reports_used
    union
    select distinct
        reports_used.source_name, reports_used.is_selective, reports_used.freq, reports_used.period,
        reports_used.role, reports_used.reporter, reports_used.partner, reports_used.product_level,
        'mixed' as comparable_revision
    from reports_used
    inner join bridged_revisions on bridged_revisions.hs_revision = reports_used.hs_revision
    where reports_used.product_level in (4, 6)
    union
    select distinct
        source_name, is_selective, freq, period, role, reporter, partner, product_level, 'none' as comparable_revision
    from reports_used
    where product_level in (4, 6)

),

selected_partners as (

    select distinct source_name, freq, period, role, partner, product_level, comparable_revision
    from statements
    where is_selective

),

selective_reporters as (

    select distinct source_name, freq, period, role, reporter, product_level, comparable_revision
    from statements
    where is_selective

),

reports as (

    select distinct freq, period, role, reporter, '*' as partner, product_level, comparable_revision
    from statements
    where not is_selective
    union
    select
        reporters.freq, reporters.period, reporters.role, reporters.reporter, partners.partner,
        reporters.product_level, reporters.comparable_revision
    from selective_reporters as reporters
    inner join selected_partners as partners
        on partners.source_name = reporters.source_name
        and partners.freq = reporters.freq
        and partners.period = reporters.period
        and partners.role = reporters.role
        and partners.product_level = reporters.product_level
        and partners.comparable_revision = reporters.comparable_revision

),

last_periods as (

    select freq, role, reporter, partner, max(period) as last_period
    from reports
    group by freq, role, reporter, partner

),

totals as (

    select freq, role, reporter, period, extract(year from period) as year, value_usd
    from reports_used
    where product_level = 0 and not is_selective

),

annual_totals as (

    select role, reporter, year, {{ exact_sum('value_usd') }} as value_usd
    from totals
    where freq = 'A'
    group by role, reporter, year

),

monthly_totals as (

    select
        role,
        reporter,
        year,
        count(distinct period) as months,
        max(extract(month from period)) as last_month,
        {{ exact_sum('value_usd') }} as value_usd
    from totals
    where freq = 'M'
    group by role, reporter, year

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
    reports.partner,
    reports.product_level,
    reports.comparable_revision,
    last_periods.last_period,
    reports.freq = 'A' and reports.partner = '*' and partial_years.reporter is not null as is_partial
from reports
inner join last_periods
    on last_periods.freq = reports.freq
    and last_periods.role = reports.role
    and last_periods.reporter = reports.reporter
    and last_periods.partner = reports.partner
left join partial_years
    on partial_years.role = reports.role
    and partial_years.reporter = reports.reporter
    and partial_years.year = extract(year from reports.period)
