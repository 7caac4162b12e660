-- How far exports are above their baseline: in dollars, as a multiple, in normal spreads, by the European
-- Commission's criterion, and beyond the rise of the same exporters' unlisted goods of the same chapters. A month is
-- in a run (is_z3) with all of it: the run's first month is where the rise began, its z_months-th where it was seen.
{% set corridor = 'freq, exporter, importer_iso3, goods' %}
with

series as (

    select
        freq, period, exporter, exporter_kind, importer_iso3, importer_role, goods, goods_kind, is_listed, is_screened,
        is_code_new,
        export_value_usd,
        {{ month_number('period') }} as month_number,
        {{ chapter_of('goods') }} as chapter
    from {{ ref('int_series_summed') }}
    where export_value_usd is not null

),

baselines as (

    select * from {{ ref('int_baselines_estimated') }} where series = 'export'

),

product_groups as (

    select * from {{ ref('int_product_groups_composed') }}

),

rates as (

    select period, units_per_eur as usd_per_eur from {{ ref('int_rates_averaged') }} where currency = 'USD'

),

windows as (

    {{ baseline_windows() }}

),

-- ---- what goods that no list names did at the same time: a rise that these share is no rise of listed goods

unlisted_chapters as (

    select freq, period, exporter, importer_iso3, chapter, {{ exact_sum('export_value_usd') }} as value_usd
    from series
    where goods_kind = 'product' and not is_listed
    group by freq, period, exporter, importer_iso3, chapter

),

chapter_means as (

    select
        chapters.freq, chapters.exporter, chapters.importer_iso3, chapters.chapter, windows.baseline_id,
        {{ exact_sum('chapters.value_usd') }} / count(*) as mean_usd
    from unlisted_chapters as chapters
    inner join windows
        on {{ is_in_baseline('chapters', 'windows') }}
        and windows.baseline_kind <> 'left_out'
    group by chapters.freq, chapters.exporter, chapters.importer_iso3, chapters.chapter, windows.baseline_id

),

controls as (

    select chapters.*, chapter_means.baseline_id, chapter_means.mean_usd
    from unlisted_chapters as chapters
    inner join chapter_means using (freq, exporter, importer_iso3, chapter)

),

-- a product group's chapters, each with the mean of its goods over a baseline
group_chapters as (

    select
        series.freq, series.exporter, series.importer_iso3, product_groups.product_group, series.chapter,
        windows.baseline_id,
        {{ exact_sum('series.export_value_usd') }} / count(distinct series.period) as mean_usd
    from series
    inner join product_groups on product_groups.goods = series.goods
    inner join windows
        on {{ is_in_baseline('series', 'windows') }}
        and windows.baseline_kind <> 'left_out'
    where series.goods_kind = 'product'
    group by
        series.freq, series.exporter, series.importer_iso3, product_groups.product_group, series.chapter,
        windows.baseline_id

),

-- of a product group: its chapters' growth, weighted by what each held of it
group_growths as (

    select
        controls.freq, controls.period, controls.exporter, controls.importer_iso3,
        group_chapters.product_group as goods,
        controls.baseline_id,
        {{ exact_sum('group_chapters.mean_usd * controls.value_usd / controls.mean_usd') }}
            / nullif({{ exact_sum('group_chapters.mean_usd') }}, 0) as growth
    from group_chapters
    inner join controls using (freq, exporter, importer_iso3, chapter, baseline_id)
    where controls.mean_usd >= {{ var('min_value_usd') }}
    group by
        controls.freq, controls.period, controls.exporter, controls.importer_iso3, group_chapters.product_group,
        controls.baseline_id

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
        and {{ is_in_baseline('in_euro', 'windows') }}
    group by in_euro.freq, in_euro.exporter, in_euro.importer_iso3, in_euro.goods
    having count(in_euro.value_eur) >= max({{ periods_needed('in_euro.freq', 'windows.first_month', 'windows.last_month') }})

),

-- a year, or the twelve months that end with a month
euro_years as (

    select
        freq, period, exporter, importer_iso3, goods,
        case
            when freq = 'A' then value_eur
            when {{ year_count('value_eur', corridor) }} = 12 then {{ year_sum('value_eur', corridor) }}
        end as year_eur
    from in_euro

),

criteria as (

    select
        euro_years.*,
        '{{ var("ec_baseline") }}' as baseline_id,
        euro_years.year_eur >= {{ var('ec_least_eur') }}
            and euro_years.year_eur >= (1 + {{ var('ec_least_growth') }}) * euro_baselines.year_eur as is_ec_criterion
    from euro_years
    inner join euro_baselines using ({{ corridor }})

),

-- ---- against each baseline

measured as (

    select
        series.*,
        windows.baseline_id,
        windows.baseline_kind,
        windows.left_out_year,
        series.period > windows.last_month as is_after_baseline,
        baselines.periods as baseline_periods,
        baselines.is_one_year as is_one_year_baseline,
        baselines.mean as mean_usd,
        case
            when baselines.periods >= {{ periods_needed('series.freq', 'windows.first_month', 'windows.last_month', 'windows.left_out_year') }}
                then baselines.mean
        end as baseline_usd,
        case
            when series.freq = 'M' and baselines.periods >= {{ var('months_needed') }}
                then {{ robust_z(asinh_scaled('series.export_value_usd'), 'baselines.median_y', 'baselines.scale_y') }}
        end as z
    from series
    inner join windows on {{ is_measured('series', 'windows') }}
    left join baselines
        on baselines.freq = series.freq
        and baselines.exporter = series.exporter
        and baselines.importer_iso3 = series.importer_iso3
        and baselines.goods = series.goods
        and baselines.baseline_id = windows.baseline_id

),

-- high months in a row: the number of a month less its place among the high ones is one for each run
high_months as (

    select
        freq, period, exporter, importer_iso3, goods, baseline_id,
        month_number - row_number() over (
            partition by exporter, importer_iso3, goods, baseline_id order by month_number nulls last
        ) as run
    from measured
    where z >= {{ var('z_enter') }}

),

runs as (

    select
        freq, period, exporter, importer_iso3, goods, baseline_id,
        count(*) over (partition by exporter, importer_iso3, goods, baseline_id, run) as months
    from high_months

),

compared as (

    select
        measured.*,
        runs.months as high_months,
        criteria.is_ec_criterion,
        case
            when measured.goods_kind = 'basket' then group_growths.growth
            -- an unlisted good is not measured against itself
            when measured.is_listed and controls.mean_usd >= {{ var('min_value_usd') }}
                then controls.value_usd / controls.mean_usd
            when controls.mean_usd - measured.mean_usd >= {{ var('min_value_usd') }}
                then (controls.value_usd - measured.export_value_usd) / (controls.mean_usd - measured.mean_usd)
        end as control_growth
    from measured
    left join runs using (freq, period, exporter, importer_iso3, goods, baseline_id)
    left join criteria using (freq, period, exporter, importer_iso3, goods, baseline_id)
    left join controls
        on controls.freq = measured.freq
        and controls.period = measured.period
        and controls.exporter = measured.exporter
        and controls.importer_iso3 = measured.importer_iso3
        and controls.chapter = case measured.goods_kind when 'product' then measured.chapter end
        and controls.baseline_id = measured.baseline_id
    left join group_growths
        on group_growths.freq = measured.freq
        and group_growths.period = measured.period
        and group_growths.exporter = measured.exporter
        and group_growths.importer_iso3 = measured.importer_iso3
        and group_growths.goods = measured.goods
        and group_growths.baseline_id = measured.baseline_id

)

select
    freq, period, exporter, exporter_kind, importer_iso3, importer_role, goods, goods_kind, is_listed, is_screened,
    baseline_id, baseline_kind, left_out_year, is_after_baseline,

    export_value_usd as value_usd,
    baseline_usd,
    is_one_year_baseline,
    export_value_usd - baseline_usd as excess_usd,
    export_value_usd / nullif(baseline_usd, 0) as growth_ratio,
    z,
    case when z is not null then coalesce(high_months, 0) >= {{ var('z_months') }} end as is_z3,
    is_ec_criterion,
    export_value_usd - baseline_usd * control_growth as excess_did_usd,
    case
        when baseline_periods is null and is_code_new then 'code_is_new'
        when baseline_periods is null then 'no_baseline'
        when baseline_usd is null then 'short_baseline'
        when baseline_usd = 0 then 'zero_baseline'
        when freq = 'M' and z is null then 'few_months'
        when control_growth is null then 'no_placebo'
        when baseline_id = '{{ var("ec_baseline") }}' and is_ec_criterion is null then 'no_euro'
    end as reason
from compared
