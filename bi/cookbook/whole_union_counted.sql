-- What would change if the whole Eurasian Economic Union were counted as one?
-- Means: the members' own breaches of the cap, beside those of the union, in which a fall of exports to Russia and
-- Belarus makes room for the others.
-- Does not mean: that goods moved inside the union; its inner border has no customs. A scenario.
select
    period, goods, value_usd, cap_usd, breach_usd, transit_breach_usd, netted_breach_usd, headroom_usd, targets, reason
from marts.union_scenarios
where exporter_bloc = 'COALITION' and baseline_id = 'b19_21' and goods in ('CHPL', 'TOTAL') and value_usd is not null
order by period desc, goods;
