-- Which goods rose most above their own baseline?
-- Means: exports of single goods to transit countries in the newest year far above the mean of 2019 to 2021, and what
-- of it is beyond the growth of unlisted goods of the same chapters.
-- Does not mean: diversion; a new plant or a price jump exceeds a baseline, too.
with newest as (
    select max(period) as period from marts.excess_trade where freq = 'A' and baseline_id = 'b19_21'
)
select
    trade.period, trade.exporter, trade.importer_iso3, trade.goods, trade.value_usd, trade.baseline_usd,
    trade.excess_usd, trade.growth_ratio, trade.excess_did_usd, trade.is_ec_criterion, trade.reason
from marts.excess_trade as trade
inner join newest using (period)
inner join marts.countries on countries.iso3 = trade.importer_iso3 and countries.role = 'transit'
where trade.freq = 'A' and trade.baseline_id = 'b19_21' and trade.exporter_kind = 'bloc' and trade.exporter = 'COALITION'
    and trade.goods_kind = 'product' and trade.excess_usd > 0
order by trade.excess_usd desc, trade.importer_iso3, trade.goods
limit 25;
