-- Which controlled goods to Kyrgyzstan rose most while Kyrgyzstan recorded none of it?
-- Means: codes on the Common High Priority List of which the world's exports to it were above the mean of 2019 to 2021,
-- in a year for which it published its imports, and of which it recorded no import from any partner.
-- Does not mean: that they were diverted; it may be reported under a neighbouring code, or under another origin.
-- May be empty: of every such good some import may be recorded.
with goods as (
    select
        period, product_code, hs_revision, sum(export_value_usd) as export_value_usd,
        sum(import_value_usd) as import_value_usd, bool_and(coverage_status = 'lost_export') as is_unrecorded
    from marts.mirror_gaps
    where freq = 'A' and importer_iso3 = 'KGZ' and product_level = 6 and is_controlled_now
        and coverage_status in ('both_reported', 'lost_export', 'orphan_import')
    group by period, product_code, hs_revision
), before_the_war as (
    select product_code, sum(export_value_usd) / 3 as yearly_usd
    from goods where period between date '2019-01-01' and date '2021-01-01' group by product_code
)
select
    goods.period, goods.product_code, products.name, goods.export_value_usd, before_the_war.yearly_usd,
    goods.export_value_usd - coalesce(before_the_war.yearly_usd, 0) as rise_usd
from goods
left join before_the_war using (product_code)
left join marts.products using (hs_revision, product_code)
where goods.period >= date '2022-01-01' and goods.is_unrecorded and coalesce(goods.import_value_usd, 0) = 0
    and goods.export_value_usd > coalesce(before_the_war.yearly_usd, 0)
order by rise_usd desc, goods.period, goods.product_code
limit 20;
