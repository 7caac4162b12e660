-- Who is above the pre-war level, since when, and how much room is left?
-- Means: the coalition's exports to each transit country in the newest month beside the article's cap (the same month of
-- 2019 to 2021 on average, in line with domestic demand as published for demand_year); how many months were above it by
-- more than a quarter.
-- Does not mean: a breach of any law; the cap is a proposal. Without a demand_year demand at home is not known.
select
    transit_iso3, goods, period, cap_usd, value_usd, breach_usd, headroom_usd, is_breach, first_breach, months_in_breach,
    cumulated_breach_usd, demand_index, demand_year
from marts.policy_caps as caps
where exporter_bloc = 'COALITION' and baseline_id = 'b19_21' and goods in ('CHPL', 'TOTAL') and value_usd is not null
    and period = (
        select max(newer.period) from marts.policy_caps as newer
        where newer.exporter_bloc = 'COALITION' and newer.baseline_id = 'b19_21' and newer.goods = 'TOTAL'
            and newer.value_usd is not null
    )
order by goods, cumulated_breach_usd desc nulls last, transit_iso3;
