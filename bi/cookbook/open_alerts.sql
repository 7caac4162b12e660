-- Which alerts are open, and what caused them?
-- Means: spans far above the baseline that had not ended in the newest data; cause separates new months
-- from revised figures.
-- Does not mean: that both sides agree: of kind notice only the exporters have published.
select exporter_bloc, transit_iso3, goods, kind, rule, entered_on, seen_on, cause, months, peak_z, excess_usd
from marts.alerts
where left_on is null
order by excess_usd desc nulls last, transit_iso3, goods, exporter_bloc;
