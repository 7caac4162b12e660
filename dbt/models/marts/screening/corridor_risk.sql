-- The screening signals, ranked: anomaly, evidence and severity apart, and what each is made of. Beside a flag
-- (investigate, verify_data) is how often the same rule raises it in the years of the baseline, when nothing had happened.
with

scored as (

    select * from {{ ref('int_corridors_scored') }}

),

bands as (

    select * from {{ ref('int_corridors_ranked') }}

),

builds as (

    select * from {{ ref('int_builds_described') }}

),

-- The same rule on each year of the baseline, held against the rest of it.
placebos as (

    select
        exporter_bloc,
        goods_kind,
        window_kind,
        count(*) as windows,
        count(*) filter (where class = 'investigate') as investigate,
        count(*) filter (where class = 'verify_data') as verify_data
    from scored
    where left_out_year > 0 and is_admissible and anomaly is not null
    group by exporter_bloc, goods_kind, window_kind

),

ranked as (

    select
        *,
        anomaly * (0.5 + 0.5 * severity) as priority,
        {{ evidence_json() }} as evidence_json
    from scored
    where left_out_year = 0

)

select
    ranked.exporter_bloc,
    ranked.transit_iso3,
    ranked.goods,
    ranked.goods_kind,
    ranked.freq,
    ranked.window_kind,
    ranked.period,

    ranked.class,
    {{ deprecated_class() }} as previous_class,
    ranked.reason,
    ranked.anomaly,
    ranked.evidence,
    ranked.severity,
    ranked.anomaly_unmirrored,
    ranked.anomaly_unmirrored as anomaly_never_arrived,
    ranked.anomaly_re_exported,
    ranked.anomaly_re_exported as anomaly_went_on,
    ranked.route_kind,
    {{ deprecated_route('ranked.route_kind') }} as route,
    cast(case when ranked.class <> 'not_enough_data' then rank() over (
        partition by
            ranked.exporter_bloc, ranked.goods_kind, ranked.window_kind, ranked.period,
            ranked.class = 'not_enough_data'
        order by case when ranked.is_unusual then 0 else 1 end nulls last, ranked.priority desc nulls last
    ) end as bigint) as rank,
    bands.rank_p05,
    bands.rank_p95,
    sqrt(ranked.anomaly * ranked.evidence) as secondary_score,
    case ranked.class
        when 'investigate' then placebos.investigate / cast(placebos.windows as double)
        when 'verify_data' then placebos.verify_data / cast(placebos.windows as double)
    end as placebo_far,
    placebos.windows as placebo_windows,

    ranked.export_value_usd,
    ranked.baseline_export_usd,
    ranked.excess_usd,
    ranked.growth_ratio,
    ranked.gap_usd,
    ranked.gap_low_usd,
    ranked.gap_high_usd,
    ranked.ghost_low_usd,
    ranked.ghost_high_usd,
    ranked.ghost_low_90_usd,
    ranked.ghost_high_90_usd,
    ranked.chain_upper_usd,
    ranked.chain_arrived_usd,
    ranked.ghost_low_usd + ranked.chain_arrived_usd as ghost_plus_chain_usd,

    ranked.evidence_json,
    {{ provenance_columns() }}
from ranked
left join bands
    on bands.exporter_bloc = ranked.exporter_bloc
    and bands.transit_iso3 = ranked.transit_iso3
    and bands.goods = ranked.goods
    and bands.window_kind = ranked.window_kind
    and bands.period = ranked.period
left join placebos
    on placebos.exporter_bloc = ranked.exporter_bloc
    and placebos.goods_kind = ranked.goods_kind
    and placebos.window_kind = ranked.window_kind
cross join builds
