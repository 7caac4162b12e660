-- How unusual twelve months of a corridor are, and how well that is documented: the components of METHODS 2.14, each
-- from 0 to 1, and their weighted means. A component that cannot be known is NULL and its weight falls out; one that
-- is known to be nothing is 0.
--
-- Goods take one of two routes: they never arrive (gap_shift, ghost), or they arrive and go on (chain, re_export).
-- Only what arrived can go on: where less than `ghost_min_share` of the added exports was recorded as arrived, the
-- transit country's exports say nothing about them, and chain and re_export are not known.
with

windows as (

    select
        *,
        compared_export_usd - baseline_compared_export_usd as added_export_usd,
        compared_import_usd - baseline_import_usd as arrived_extra_usd,
        {{ gap_usd('compared_export_usd', 'compared_import_high_usd') }} as gap_low_usd,
        {{ gap_usd('compared_export_usd', 'compared_import_low_usd') }} as gap_high_usd
    from {{ ref('int_corridors_windowed') }}

),

reliability as (

    select country_iso3, noise_sd
    from {{ ref('reporter_reliability') }}
    where role = 'import' and variant = 'noise'

),

goods as (

    select goods, max(severity) as severity from {{ ref('int_goods_basketed') }} group by goods
    union all
    select basket_id as goods, max(severity) as severity from {{ ref('int_goods_basketed') }} group by basket_id

),

estimated as (

    select
        windows.*,
        windows.export_value_usd - windows.baseline_export_usd as excess_usd,
        windows.export_value_usd / nullif(windows.baseline_export_usd, 0) as growth_ratio,
        reliability.noise_sd as importer_noise_sd,
        {{ ghost_bound('least', 'windows') }} as ghost_low_usd,
        {{ ghost_bound('greatest', 'windows') }} as ghost_high_usd,
        coalesce(goods.severity, {{ var('severities')['other'] }}) as severity
    from windows
    left join reliability on reliability.country_iso3 = windows.transit_iso3
    left join goods on goods.goods = windows.goods

)
select * from estimated
