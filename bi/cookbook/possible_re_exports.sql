-- How much can have been re-exported to Russia, at most?
-- Means: per transit country, its exports to Russia above the baseline that added imports of the six months before can
-- explain; upper by the exporters' reports, arrived by the country's own.
-- Does not mean: that it did. The lower bound is 0: totals cannot show that a single good was re-exported.
select
    transit_iso3, min(period) as first_month, max(period) as last_month, sum(in_excess_usd) as in_excess_usd,
    sum(out_excess_usd) as out_excess_usd, 0 as chain_lower_usd, sum(chain_arrived_usd) as chain_arrived_usd,
    sum(chain_upper_usd) as chain_upper_usd
from marts.transit_chains
where exporter_bloc = 'COALITION' and target_iso3 = 'RUS' and goods = 'CHPL' and period >= date '2022-03-01'
group by transit_iso3
order by chain_upper_usd desc nulls last, transit_iso3;
