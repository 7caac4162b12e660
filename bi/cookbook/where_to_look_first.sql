-- Which corridors should be looked at first?
-- Means: the corridors whose newest twelve months (or year, where months are not published) are unusual, persistent and
-- well documented, by rank; the rank's
-- range under other weights is beside it, and how often the same rule fires on quiet years (placebo_far).
-- Does not mean: that any person or firm did anything; it is an order of reading. Blocs overlap: this selects one.
select
    window_kind, period, transit_iso3, goods, class, rank, rank_p05, rank_p95, anomaly, evidence, severity, placebo_far,
    export_value_usd, growth_ratio, ghost_low_90_usd, ghost_high_90_usd, chain_arrived_usd, chain_upper_usd
from marts.corridor_risk
where exporter_bloc = 'COALITION' and class = 'investigate'
    and (window_kind, period) in (
        select (window_kind, max(period)) from marts.corridor_risk where class = 'investigate' group by window_kind
    )
order by window_kind, goods_kind, rank, transit_iso3, goods;
