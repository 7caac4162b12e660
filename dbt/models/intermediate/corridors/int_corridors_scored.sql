-- How unusual twelve months of a corridor are, and how well that is documented: the components of METHODS 2.14, their
-- weighted means, and the class that follows. A corridor is unusual by the score of one route, not by the mean of both.
--
-- Goods take one of two routes: they never arrive (gap_shift, ghost), or they arrive and go on (chain, re_export,
-- price_premium). Only what arrived can go on: where less than `ghost_min_share` of the added exports was recorded as
-- arrived, the transit country's own exports say nothing about them, and what hangs on those is not known.
with

windows as (

    select
        *,
        {{ compared_columns() }},
        case when is_admissible then {{ ghost_bound('least') }} end as ghost_low_usd,
        case when is_admissible then {{ ghost_bound('greatest') }} end as ghost_high_usd
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

examined as (

    select
        windows.*,
        coalesce(goods.severity, {{ var('severity_other') }}) as severity,
        reliability.noise_sd as importer_noise_sd,
        premiums.price_premium_ratio
    from windows
    left join reliability on reliability.country_iso3 = windows.transit_iso3
    left join {{ ref('int_premiums_averaged') }} as premiums
        on premiums.transit_iso3 = windows.transit_iso3
        and premiums.goods = windows.goods
        and premiums.period = windows.period
    left join goods on goods.goods = windows.goods

),

components as (

    select *, {{ risk_components() }} from examined

),

scored as (

    select
        *,
        {{ risk_scores() }}
    from components

),

routed as (

    select *, {{ risk_route() }} from scored

),

-- of the years of the baseline there is one window each: it is judged alone
held as (

    select
        *,
        case
            when left_out_year > 0 then route is not null
            else {{ is_held('exporter_bloc, transit_iso3, goods, left_out_year') }}
        end as is_unusual
    from routed

)

select
    *,
    -- nothing is classed where one side has not spoken, however large the other's figures are
    case when is_admissible then {{ risk_class('is_unusual', 'anomaly', 'evidence') }} end as class,
    case
        when not is_admissible then 'no_admissible_mirror'
        when anomaly is null then 'too_few_components'
        when evidence is null then 'too_little_documented'
    end as reason
from held
