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
        export_value_usd - baseline_export_usd as excess_usd,
        export_value_usd / nullif(baseline_export_usd, 0) as growth_ratio,
        case when is_admissible then compared_export_usd - baseline_compared_export_usd end as added_export_usd,
        case when is_admissible then compared_import_usd - baseline_import_usd end as arrived_extra_usd,
        case when is_admissible then {{ gap_usd('compared_export_usd', 'compared_import_low_usd') }} end as gap_low_usd,
        case when is_admissible then {{ gap_usd('compared_export_usd', 'compared_import_usd') }} end as gap_usd,
        case when is_admissible then {{ gap_usd('compared_export_usd', 'compared_import_high_usd') }} end as gap_high_usd,
        -- in log points; with a zero on either side, in those of asinh, which are the same for large values
        case
            when not is_admissible then null
            when least(compared_export_usd, compared_import_usd, baseline_compared_export_usd, baseline_import_usd) > 0
                then {{ gap_log('compared_export_usd', 'compared_import_usd') }}
                    - {{ gap_log('baseline_compared_export_usd', 'baseline_import_usd') }}
            else {{ gap_asinh('compared_export_usd', 'compared_import_usd') }}
                - {{ gap_asinh('baseline_compared_export_usd', 'baseline_import_usd') }}
        end as gap_shift_log,
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
        cast(null as double) as price_premium_ratio,
        windows.added_export_usd > 0
            and windows.arrived_extra_usd < {{ var('ghost_min_share') }} * windows.added_export_usd as has_nothing_to_go_on
    from windows
    left join reliability on reliability.country_iso3 = windows.transit_iso3
    left join goods on goods.goods = windows.goods

),

components as (

    select
        *,
        -- from nothing, growth is beyond any bound
        case
            when baseline_export_usd > 0 then {{ saturated('ln(nullif(growth_ratio, 0))', *logs('growth_bounds')) }}
            else 1.0
        end as c_growth,
        case
            when excess_usd > 0 then {{ saturated('ln(excess_usd)', *logs('excess_bounds_usd')) }}
            else 0.0
        end as c_excess,
        {{ saturated('gap_shift_log', *var('gap_shift_bounds')) }} as c_gap_shift,
        case
            when added_export_usd > 0 then least(1.0, ghost_low_usd / added_export_usd)
            when added_export_usd is not null then 0.0
        end as c_ghost,
        case
            when has_nothing_to_go_on or has_nothing_to_go_on is null or chain_upper_usd is null then null
            when in_excess_usd > 0 then least(1.0, chain_upper_usd / in_excess_usd)
            else 0.0
        end as c_chain,
        case
            when drop_usd > 0 then {{ saturated('excess_usd / drop_usd', *var('substitution_bounds')) }}
        end as c_substitution,
        case
            when has_nothing_to_go_on or has_nothing_to_go_on is null or out_excess_usd is null then null
            when in_excess_usd > 0 then {{ saturated('out_excess_usd / in_excess_usd', *var('re_export_bounds')) }}
            else 0.0
        end as c_re_export,
        cast(high_z_months as double) / 12 as c_persistence,
        {{ saturated('price_premium_ratio', *var('price_premium_bounds')) }} as c_price_premium,

        covered_usd / nullif(recorded_usd, 0) as e_coverage,
        case
            when importer_noise_sd < 0 then null
            when importer_noise_sd >= 1 then 0.0
            else 1 - importer_noise_sd
        end as e_reliability,
        cast(concordance_quality as double) as e_concordance,
        coalesce(weighed_usd, 0) / nullif(export_value_usd, 0) as e_quantities,
        case
            when {{ is_sign_robust('gap_low_usd', 'gap_high_usd') }} then 1.0
            when gap_low_usd is not null then 0.0
        end as e_sign,
        case when transit_iso3 in ('{{ var('hubs') | join("', '") }}') then 0.0 else 1.0 end as e_partner_basis,
        coalesce(settled_usd, 0) / nullif(export_value_usd, 0) as e_finality
    from examined

),

scored as (

    select
        *,
        {{ weighted_score(var('anomaly_weights'), 'c_') }} as anomaly,
        {{ weighted_score(var('evidence_weights'), 'e_') }} as evidence
    from components

)

select
    *,
    -- nothing is classed where one side has not spoken, however large the other's figures are
    case when is_admissible then {{ risk_class('anomaly', 'evidence') }} end as class,
    case
        when not is_admissible then 'no_admissible_mirror'
        when anomaly is null then 'too_few_components'
        when evidence is null then 'too_little_documented'
    end as reason
from scored
