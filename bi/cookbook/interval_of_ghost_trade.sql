-- How much of the added exports is unmirrored (ghost trade), at least and at most?
-- Means: of the coalition's exports of priority goods above the pre-war baseline, what the importer does not report:
-- the least and the most that two estimators and three margins allow, in the newest year.
-- Does not mean: an amount diverted; goods recorded later, or under another partner, look the same.
select
    period, importer_iso3, export_value_usd, added_export_usd, added_import_usd, ghost_low_90_usd, ghost_did_usd,
    ghost_rate_usd, ghost_high_90_usd, ghost_share, strong_share, reason
from marts.ghost_trade
where exporter = 'COALITION' and goods = 'CHPL' and baseline_id = 'b19_21' and window_kind = 'year'
    and period = (select max(period) from marts.ghost_trade where window_kind = 'year' and ghost_high_90_usd is not null)
order by ghost_low_90_usd desc nulls last, importer_iso3;
