-- How far exports stand above what was normal: in dollars, as a multiple, in normal spreads, by the European
-- Commission's criterion, and beyond what the same exporters sold more of unlisted goods of the same chapters. A month is
-- in a run (is_z3) with all of it: the run's first month is where the rise began, its z_months-th where it was seen.
with

series as (

    select
        *,
        12 * extract(year from period) + extract(month from period) as month_number
    from {{ ref('int_series_summed') }}
    where export_value_usd is not null

),

flow_baselines as (

    select * from {{ ref('flow_baselines') }} where series = 'export'

),

placebos as (

    select * from {{ ref('int_placebos_summed') }}

),

goods_basketed as (

    select * from {{ ref('int_goods_basketed') }}

),

listed as (

    select distinct goods from goods_basketed

),

rates as (

    select period, units_per_eur as usd_per_eur from {{ ref('int_rates_averaged') }} where currency = 'USD'

),

builds as (

    select * from {{ ref('int_builds_described') }}

),

windows as (

    {{ baseline_windows() }}

),

-- ---- what goods that no list names did at the same time

-- a basket's chapters, each with the mean of its goods over a baseline
basket_chapters as (

    select
        series.freq, series.exporter, series.importer_iso3, goods_basketed.basket_id, windows.baseline_id,
        {{ chapter_of('series.goods') }} as chapter,
        {{ exact_sum('series.export_value_usd') }} / count(distinct series.period) as mean_usd
    from series
    inner join goods_basketed on goods_basketed.goods = series.goods
    inner join windows
        on {{ is_within('series.freq', 'series.period', 'windows.first_month', 'windows.last_month') }}
    where series.goods_kind = 'product'
    group by
        series.freq, series.exporter, series.importer_iso3, goods_basketed.basket_id, windows.baseline_id,
        {{ chapter_of('series.goods') }}

),

-- of a basket: its chapters' growth, weighted by what each held of it
basket_growths as (

    select
        placebos.freq, placebos.period, placebos.exporter, placebos.importer_iso3,
        basket_chapters.basket_id as goods,
        placebos.baseline_id,
        {{ exact_sum('basket_chapters.mean_usd * placebos.export_value_usd / placebos.mean_usd') }}
            / nullif({{ exact_sum('basket_chapters.mean_usd') }}, 0) as placebo_growth
    from basket_chapters
    inner join placebos
        on placebos.freq = basket_chapters.freq
        and placebos.exporter = basket_chapters.exporter
        and placebos.importer_iso3 = basket_chapters.importer_iso3
        and placebos.chapter = basket_chapters.chapter
        and placebos.baseline_id = basket_chapters.baseline_id
    where placebos.mean_usd >= {{ var('min_value_usd') }}
    group by
        placebos.freq, placebos.period, placebos.exporter, placebos.importer_iso3, basket_chapters.basket_id,
        placebos.baseline_id

),

-- ---- the European Commission's criterion, in its currency

year_rates as (

    select
        {{ dbt.date_trunc('year', 'period') }} as year_begins,
        {{ exact_sum('usd_per_eur') }} / count(*) as usd_per_eur
    from rates
    group by {{ dbt.date_trunc('year', 'period') }}
    having count(*) = 12

),

in_euro as {{ read_in_place() }} (

    select
        series.*,
        series.export_value_usd
            / case series.freq when 'A' then year_rates.usd_per_eur else rates.usd_per_eur end as value_eur
    from series
    left join rates on rates.period = series.period
    left join year_rates on year_rates.year_begins = {{ dbt.date_trunc('year', 'series.period') }}

),

euro_baselines as (

    select
        in_euro.freq, in_euro.exporter, in_euro.importer_iso3, in_euro.goods,
        {{ exact_sum('in_euro.value_eur') }} / count(in_euro.value_eur)
            * case in_euro.freq when 'M' then 12 else 1 end as year_eur
    from in_euro
    inner join windows
        on windows.baseline_id = '{{ var("ec_baseline") }}'
        and {{ is_within('in_euro.freq', 'in_euro.period', 'windows.first_month', 'windows.last_month') }}
    group by in_euro.freq, in_euro.exporter, in_euro.importer_iso3, in_euro.goods
    having count(in_euro.value_eur) >= max({{ periods_needed('in_euro.freq', 'windows.first_month', 'windows.last_month') }})

),

-- a year, or the twelve months that end with a month
euro_years as (

    select *, value_eur as year_eur from in_euro where freq = 'A'
    union all
    select
        *,
        case when count(value_eur) over last_year = 12
            then cast(sum(cast(value_eur as decimal(38, 6))) over last_year as double) end as year_eur
    from in_euro
    where freq = 'M'
    window last_year as (
        partition by exporter, importer_iso3, goods
        order by month_number nulls last range between 11 preceding and current row
    )

),

-- ---- against each baseline

-- months that stand high above theirs, in a row: the number of a month less its place among the high ones is one for
-- each run
high as (

    select
        series.freq, series.period, series.month_number, series.exporter, series.importer_iso3, series.goods,
        flow_baselines.baseline_id,
        series.month_number - row_number() over (
            partition by series.exporter, series.importer_iso3, series.goods, flow_baselines.baseline_id
            order by series.month_number nulls last
        ) as run
    from series
    inner join flow_baselines
        on flow_baselines.freq = series.freq
        and flow_baselines.exporter = series.exporter
        and flow_baselines.importer_iso3 = series.importer_iso3
        and flow_baselines.goods = series.goods
    where series.freq = 'M' and {{ months_z('series', 'flow_baselines') }} >= {{ var('z_enter') }}

),

runs as (

    select
        freq, period, exporter, importer_iso3, goods, baseline_id,
        count(*) over (partition by exporter, importer_iso3, goods, baseline_id, run) as months
    from high

),

compared as (

    select
        euro_years.*,
        windows.baseline_id,
        flow_baselines.months,
        case
            when flow_baselines.months
                >= {{ periods_needed('euro_years.freq', 'windows.first_month', 'windows.last_month') }}
                then flow_baselines.mean_usd
        end as baseline_usd,
        {{ months_z('euro_years', 'flow_baselines') }} as z,
        runs.months as high_months,
        case
            when windows.baseline_id = '{{ var("ec_baseline") }}' and euro_baselines.goods is not null
                then euro_years.year_eur >= {{ var('ec_least_eur') }}
                    and euro_years.year_eur >= (1 + {{ var('ec_least_growth') }}) * euro_baselines.year_eur
        end as is_ec_criterion,
        -- a good that no list names is not measured against itself
        placebos.export_value_usd - case when listed.goods is null then euro_years.export_value_usd else 0 end
            as placebo_now_usd,
        placebos.mean_usd - case when listed.goods is null then flow_baselines.mean_usd else 0 end
            as placebo_mean_usd,
        basket_growths.placebo_growth as basket_growth
    from euro_years
    inner join windows
        on windows.is_of_products or euro_years.goods_kind = 'basket'
    left join flow_baselines
        on flow_baselines.freq = euro_years.freq
        and flow_baselines.exporter = euro_years.exporter
        and flow_baselines.importer_iso3 = euro_years.importer_iso3
        and flow_baselines.goods = euro_years.goods
        and flow_baselines.baseline_id = windows.baseline_id
    left join runs
        on runs.freq = euro_years.freq
        and runs.period = euro_years.period
        and runs.exporter = euro_years.exporter
        and runs.importer_iso3 = euro_years.importer_iso3
        and runs.goods = euro_years.goods
        and runs.baseline_id = windows.baseline_id
    left join euro_baselines
        on euro_baselines.freq = euro_years.freq
        and euro_baselines.exporter = euro_years.exporter
        and euro_baselines.importer_iso3 = euro_years.importer_iso3
        and euro_baselines.goods = euro_years.goods
    left join placebos
        on placebos.freq = euro_years.freq
        and placebos.period = euro_years.period
        and placebos.exporter = euro_years.exporter
        and placebos.importer_iso3 = euro_years.importer_iso3
        and placebos.chapter = case euro_years.goods_kind when 'product' then {{ chapter_of('euro_years.goods') }} end
        and placebos.baseline_id = flow_baselines.baseline_id
    left join listed on listed.goods = euro_years.goods
    left join basket_growths
        on basket_growths.freq = euro_years.freq
        and basket_growths.period = euro_years.period
        and basket_growths.exporter = euro_years.exporter
        and basket_growths.importer_iso3 = euro_years.importer_iso3
        and basket_growths.goods = euro_years.goods
        and basket_growths.baseline_id = windows.baseline_id

),

grown as (

    select
        *,
        case
            when goods_kind = 'basket' then basket_growth
            when placebo_mean_usd >= {{ var('min_value_usd') }} then placebo_now_usd / placebo_mean_usd
        end as placebo_growth
    from compared

)

select
    grown.freq,
    grown.period,
    grown.exporter,
    grown.exporter_kind,
    grown.importer_iso3,
    grown.goods,
    grown.goods_kind,
    grown.baseline_id,

    grown.export_value_usd as value_usd,
    grown.baseline_usd,
    grown.export_value_usd - grown.baseline_usd as excess_usd,
    grown.export_value_usd / nullif(grown.baseline_usd, 0) as growth_ratio,
    grown.z,
    case when grown.z is not null then coalesce(grown.high_months, 0) >= {{ var('z_months') }} end as is_z3,
    grown.is_ec_criterion,
    grown.export_value_usd - grown.baseline_usd * grown.placebo_growth as excess_did_usd,
    case
        when grown.months is null then 'no_baseline'
        when grown.baseline_usd is null then 'short_baseline'
        when grown.baseline_usd = 0 then 'zero_baseline'
        when grown.freq = 'M' and grown.z is null then 'few_months'
        when grown.placebo_growth is null then 'no_placebo'
        when grown.baseline_id = '{{ var("ec_baseline") }}' and grown.is_ec_criterion is null then 'no_euro'
    end as reason,

    {{ provenance_columns() }}
from grown
cross join builds
