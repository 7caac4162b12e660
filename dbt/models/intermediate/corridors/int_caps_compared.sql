-- A bloc's monthly exports beside the cap that the article proposes: the mean of the same month before the war, times
-- an index of the importer's domestic demand (METHODS 2.13). A cap is never under the floor: of goods that were not
-- traded before, nothing at all would be too much. Demand is that of the last year published. Months after the baseline
-- only, of product groups and of the goods in those that `capped_baskets` names.
{% set window = default_window() %}
with

series as (

    select * from {{ ref('int_series_summed') }} where freq = 'M' and exporter_kind = 'bloc'

),

goods as (

    select distinct goods
    from {{ ref('int_product_groups_composed') }}
    where product_group in ('{{ var('capped_baskets') | join("', '") }}')

),

growth as (

    select * from {{ ref('stg_seeds__demand_indexes') }}

),

-- the level of a year, with the year before the first as 1
levels as (

    select
        iso3,
        year,
        exp(sum(ln(1 + growth_percent / 100)) over (
            partition by iso3 order by year nulls last rows between unbounded preceding and current row
        )) as level
    from growth
    union all
    select iso3, min(year) - 1 as year, 1.0 as level from growth group by iso3

),

demand as (

    select
        levels.iso3,
        levels.year,
        max(levels.year) over (partition by levels.iso3) as last_year,
        round(levels.level / usual.level, 6) as demand_index
    from levels
    inner join (
        select iso3, avg(level) as level
        from levels
        where year between extract(year from {{ window.first }}) and extract(year from {{ window.last }})
        group by iso3
        having count(*) = extract(year from {{ window.last }}) - extract(year from {{ window.first }}) + 1
    ) as usual on usual.iso3 = levels.iso3

),

windows as (

    {{ baseline_windows() }}

),

capped as (

    select
        series.exporter as exporter_bloc,
        series.importer_iso3,
        series.goods,
        series.goods_kind,
        series.is_listed,
        series.is_screened,
        series.is_code_new,
        series.freq,
        series.period,
        extract(month from series.period) as month_of_year,
        series.export_value_usd,
        series.import_fob_usd
    from series
    left join goods on goods.goods = series.goods
    where series.goods_kind = 'basket' or goods.goods is not null

),

usual as (

    select
        capped.exporter_bloc,
        capped.importer_iso3,
        capped.goods,
        capped.month_of_year,
        windows.baseline_id,
        {{ exact_sum('capped.export_value_usd') }} / nullif(count(capped.export_value_usd), 0) as baseline_usd,
        {{ exact_sum('capped.import_fob_usd') }} / nullif(count(capped.import_fob_usd), 0) as baseline_import_fob_usd,
        count(capped.export_value_usd) as baseline_years
    from capped
    inner join windows
        on windows.baseline_kind <> 'left_out'
        and {{ has_baseline('capped', 'windows') }}
        and capped.period >= windows.first_month
        and capped.period <= windows.last_month
    group by
        capped.exporter_bloc, capped.importer_iso3, capped.goods, capped.month_of_year, windows.baseline_id

),

valued as (

    select
        capped.exporter_bloc,
        capped.importer_iso3,
        capped.goods,
        capped.goods_kind,
        capped.is_code_new,
        capped.period,
        windows.baseline_id,
        coalesce(demand.demand_index, 1) as demand_index,
        demand.year as demand_year,
        coalesce(usual.baseline_years, 0) as baseline_years,
        usual.baseline_usd,
        usual.baseline_import_fob_usd,
        capped.export_value_usd as value_usd,
        capped.import_fob_usd
    from capped
    inner join windows
        on windows.baseline_kind <> 'left_out'
        and {{ has_baseline('capped', 'windows') }}
        and capped.period > windows.last_month
    left join usual
        on usual.exporter_bloc = capped.exporter_bloc
        and usual.importer_iso3 = capped.importer_iso3
        and usual.goods = capped.goods
        and usual.month_of_year = capped.month_of_year
        and usual.baseline_id = windows.baseline_id
    left join demand
        on demand.iso3 = capped.importer_iso3
        and demand.year = least(extract(year from capped.period), demand.last_year)

)

select
    exporter_bloc,
    importer_iso3,
    goods,
    goods_kind,
    is_code_new,
    period,
    baseline_id,
    demand_index,
    demand_year,
    baseline_years,
    baseline_usd,
    value_usd,
    {{ cap_usd('baseline_usd', 'demand_index') }} as cap_usd,
    import_fob_usd,
    {{ cap_usd('baseline_import_fob_usd', 'demand_index') }} as cap_import_fob_usd
from valued
