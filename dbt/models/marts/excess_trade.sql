{{ config(materialized='parted', parts='frequencies', told_by={'int_builds_described': 'parameters_of_builds'}) }}
-- How far exports stand above what was normal: in dollars, as a multiple, in normal spreads, by the European
-- Commission's criterion, and beyond what the same exporters sold more of unlisted goods of the same chapters. A month is
-- in a run (is_z3) with all of it: the run's first month is where the rise began, its z_months-th where it was seen.
with

series as (

    select
        *,
        12 * extract(year from period) + extract(month from period) as month_number
    from {{ ref('int_series_summed') }}
    where export_value_usd is not null and {{ in_parts() }}

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

product_placebos as (

    select
        series.freq, series.period, series.exporter, series.importer_iso3, series.goods, placebos.baseline_id,
        -- a good that no list names is not measured against itself
        placebos.export_value_usd - case when listed.goods is null then series.export_value_usd else 0 end as now_usd,
        placebos.mean_usd - case when listed.goods is null then flow_baselines.mean_usd else 0 end as mean_usd
    from series
    inner join placebos
        on placebos.freq = series.freq
        and placebos.period = series.period
        and placebos.exporter = series.exporter
        and placebos.importer_iso3 = series.importer_iso3
        and placebos.chapter = {{ chapter_of('series.goods') }}
    inner join flow_baselines
        on flow_baselines.freq = series.freq
        and flow_baselines.exporter = series.exporter
        and flow_baselines.importer_iso3 = series.importer_iso3
        and flow_baselines.goods = series.goods
        and flow_baselines.baseline_id = placebos.baseline_id
    left join listed on listed.goods = series.goods
    where series.goods_kind = 'product'

),

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

placebo_growths as (

    select
        freq, period, exporter, importer_iso3, goods, baseline_id,
        case when mean_usd >= {{ var('min_value_usd') }} then now_usd / mean_usd end as placebo_growth
    from product_placebos
    union all
    -- of a basket: its chapters' growth, weighted by what each held of it
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

in_euro as (

    select
        series.freq, series.period, series.month_number, series.exporter, series.importer_iso3, series.goods,
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

    select freq, period, exporter, importer_iso3, goods, value_eur as year_eur
    from in_euro
    where freq = 'A'
    union all
    select
        freq, period, exporter, importer_iso3, goods,
        case when count(value_eur) over last_year = 12
            then cast(sum(cast(value_eur as decimal(38, 6))) over last_year as double) end as year_eur
    from in_euro
    where freq = 'M'
    window last_year as (
        partition by exporter, importer_iso3, goods
        order by month_number nulls last range between 11 preceding and current row
    )

),

criteria as (

    select
        euro_years.freq, euro_years.period, euro_years.exporter, euro_years.importer_iso3, euro_years.goods,
        euro_years.year_eur >= {{ var('ec_least_eur') }}
            and euro_years.year_eur >= (1 + {{ var('ec_least_growth') }}) * euro_baselines.year_eur as is_ec_criterion
    from euro_years
    inner join euro_baselines
        on euro_baselines.freq = euro_years.freq
        and euro_baselines.exporter = euro_years.exporter
        and euro_baselines.importer_iso3 = euro_years.importer_iso3
        and euro_baselines.goods = euro_years.goods

),

-- ---- against each baseline

compared as (

    select
        series.*,
        windows.baseline_id,
        flow_baselines.months,
        case
            when flow_baselines.months
                >= {{ periods_needed('series.freq', 'windows.first_month', 'windows.last_month') }}
                then flow_baselines.mean_usd
        end as baseline_usd,
        case
            when series.freq = 'M' and flow_baselines.months >= {{ var('months_needed') }}
                then {{ robust_z(asinh_scaled('series.export_value_usd'), 'flow_baselines.median_asinh',
                    'flow_baselines.scale_asinh') }}
        end as z
    from series
    inner join windows
        on windows.is_of_products or series.goods_kind = 'basket'
    left join flow_baselines
        on flow_baselines.freq = series.freq
        and flow_baselines.exporter = series.exporter
        and flow_baselines.importer_iso3 = series.importer_iso3
        and flow_baselines.goods = series.goods
        and flow_baselines.baseline_id = windows.baseline_id

),

-- months in a row: the number of a month less its place among the high ones is one for each run
high as (

    select
        freq, period, month_number, exporter, importer_iso3, goods, baseline_id,
        month_number - row_number() over (
            partition by exporter, importer_iso3, goods, baseline_id order by month_number nulls last
        ) as run
    from compared
    where z >= {{ var('z_enter') }}

),

runs as (

    select
        freq, period, exporter, importer_iso3, goods, baseline_id,
        count(*) over (partition by exporter, importer_iso3, goods, baseline_id, run) as months
    from high

)

select
    compared.freq,
    compared.period,
    compared.exporter,
    compared.exporter_kind,
    compared.importer_iso3,
    compared.goods,
    compared.goods_kind,
    compared.baseline_id,

    compared.export_value_usd as value_usd,
    compared.baseline_usd,
    compared.export_value_usd - compared.baseline_usd as excess_usd,
    compared.export_value_usd / nullif(compared.baseline_usd, 0) as growth_ratio,
    compared.z,
    case when compared.z is not null then coalesce(runs.months, 0) >= {{ var('z_months') }} end as is_z3,
    case when compared.baseline_id = '{{ var("ec_baseline") }}' then criteria.is_ec_criterion end as is_ec_criterion,
    compared.export_value_usd - compared.baseline_usd * placebo_growths.placebo_growth as excess_did_usd,
    case
        when compared.months is null then 'no_baseline'
        when compared.baseline_usd is null then 'short_baseline'
        when compared.baseline_usd = 0 then 'zero_baseline'
        when compared.freq = 'M' and compared.z is null then 'few_months'
        when placebo_growths.placebo_growth is null then 'no_placebo'
        when compared.baseline_id = '{{ var("ec_baseline") }}' and criteria.is_ec_criterion is null then 'no_euro'
    end as reason,

    {{ provenance_columns() }}
from compared
left join criteria
    on criteria.freq = compared.freq
    and criteria.period = compared.period
    and criteria.exporter = compared.exporter
    and criteria.importer_iso3 = compared.importer_iso3
    and criteria.goods = compared.goods
left join placebo_growths
    on placebo_growths.freq = compared.freq
    and placebo_growths.period = compared.period
    and placebo_growths.exporter = compared.exporter
    and placebo_growths.importer_iso3 = compared.importer_iso3
    and placebo_growths.goods = compared.goods
    and placebo_growths.baseline_id = compared.baseline_id
left join runs
    on runs.freq = compared.freq
    and runs.period = compared.period
    and runs.exporter = compared.exporter
    and runs.importer_iso3 = compared.importer_iso3
    and runs.goods = compared.goods
    and runs.baseline_id = compared.baseline_id
cross join builds
