-- Which alerts were open on 30 June 2023?
-- Means: the alerts that the months published by then could have raised, and that had not ended.
-- Does not mean: the figures as published on that day; for those build them: make run AS_OF=2023-06-30.
select exporter_bloc, transit_iso3, goods, kind, rule, entered_on, seen_on, left_on, peak_z, excess_usd
from marts.alerts
where seen_on <= date '2023-06-30' and (left_seen_on is null or left_seen_on > date '2023-06-30')
order by seen_on, transit_iso3, goods, exporter_bloc;
