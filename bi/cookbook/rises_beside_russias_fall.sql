-- Exports to which countries rose while those to Russia fell?
-- Means: how far the coalition's exports to Russia fell below the baseline, beside how far those to each
-- transit country rose.
-- Does not mean: that the one became the other; a ratio is the share of the fall that the rise could replace at most.
select
    period, transit_iso3, goods, drop_usd, excess_usd, substitution_ratio, substitution_did_ratio, all_transit_ratio,
    reason
from marts.substitution
where exporter_bloc = 'COALITION' and target_iso3 = 'RUS' and baseline_id = 'b19_21' and window_kind = 'year'
    and goods in ('CHPL', 'TOTAL') and period >= date '2022-01-01'
order by period desc, goods, substitution_ratio desc nulls last, transit_iso3;
