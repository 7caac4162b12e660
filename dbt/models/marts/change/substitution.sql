-- The fall of a bloc's exports to a destination, beside the rise of those to a transit country, each against its
-- baseline: which share of the fall the rise could replace (METHODS 2.11). `did` counts only the rise beyond that of
-- unlisted goods of the same chapters: all goods and the listed ones differ by much, so that group and control belong
-- to the figure. Product groups against every baseline, listed goods against the default one; windows that end after the baseline.
{% set window -%}
    over (
        partition by exporter, importer_iso3, goods, baseline_id
        order by period nulls last rows between 11 preceding and current row
    )
{%- endset %}
with

excesses as (

    select * from {{ ref('int_excesses_estimated') }}
    where exporter_kind = 'bloc'
        and (goods_kind = 'basket' or (is_listed and baseline_kind = 'default'))
        and baseline_kind <> 'left_out'

),

builds as (

    select * from {{ ref('int_builds_described') }}

),

rolled as (

    select
        period, exporter, importer_iso3, importer_role, goods, goods_kind, baseline_id, is_after_baseline,
        min(period) {{ window }} as first_month,
        count(*) {{ window }} as months,
        count(excess_did_usd) {{ window }} as did_months,
        {% for value in ['value_usd', 'baseline_usd', 'excess_usd', 'excess_did_usd'] -%}
        cast(sum(cast({{ value }} as decimal(38, 6))) {{ window }} as double) as {{ value }}{{ ',' if not loop.last }}
        {% endfor %}
    from excesses
    where freq = 'M' and baseline_usd is not null

),

windows as (

    select
        'year' as window_kind, period, exporter, importer_iso3, importer_role, goods, goods_kind, baseline_id,
        value_usd, baseline_usd, excess_usd, excess_did_usd
    from excesses
    where freq = 'A' and baseline_usd is not null and is_after_baseline
    union all
    select
        'rolling_12' as window_kind, period, exporter, importer_iso3, importer_role, goods, goods_kind, baseline_id,
        value_usd, baseline_usd, excess_usd, case when did_months = 12 then excess_did_usd end as excess_did_usd
    from rolled
    where months = 12 and is_after_baseline and {{ months_between('first_month', 'period') }} = 11

),

transits as (

    select
        *,
        cast(sum(cast(excess_usd as decimal(38, 6))) over routes as double) as all_transit_excess_usd,
        case when count(excess_did_usd) over routes = count(*) over routes
            then cast(sum(cast(excess_did_usd as decimal(38, 6))) over routes as double)
        end as all_transit_excess_did_usd,
        count(*) over routes as transits
    from windows
    where importer_role = 'transit'
    window routes as (partition by window_kind, period, exporter, goods, baseline_id)

),

targets as (

    select *, {{ breach_usd('baseline_usd', 'value_usd') }} as drop_usd from windows where importer_role = 'target'

)

select
    transits.exporter as exporter_bloc,
    transits.importer_iso3 as transit_iso3,
    targets.importer_iso3 as target_iso3,
    transits.goods,
    transits.goods_kind,
    transits.window_kind,
    transits.period,
    transits.baseline_id,

    targets.drop_usd,
    transits.excess_usd,
    transits.excess_usd / nullif(targets.drop_usd, 0) as substitution_ratio,
    transits.excess_did_usd,
    transits.excess_did_usd / nullif(targets.drop_usd, 0) as substitution_did_ratio,
    transits.transits,
    transits.all_transit_excess_usd,
    transits.all_transit_excess_usd / nullif(targets.drop_usd, 0) as all_transit_ratio,
    transits.all_transit_excess_did_usd / nullif(targets.drop_usd, 0) as all_transit_did_ratio,
    case
        when targets.drop_usd = 0 then 'no_drop'
        when transits.excess_did_usd is null then 'no_placebo'
    end as reason,
    {{ provenance_columns() }}
from transits
inner join targets
    on targets.window_kind = transits.window_kind
    and targets.period = transits.period
    and targets.exporter = transits.exporter
    and targets.goods = transits.goods
    and targets.baseline_id = transits.baseline_id
cross join builds
