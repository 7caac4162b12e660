-- Which figures did a publisher change later, and did an alert depend on them?
-- Means: material revisions, the largest first, with the days on which each value was published.
-- Does not mean: manipulation; late reports and corrections are what good offices publish.
select
    source_name, freq, period, reporter_iso3, partner_iso3, flow, product_code, kind, old_value_usd, new_value_usd,
    change_usd, old_valid_from, new_valid_from, alert_effect
from marts.revisions
where is_material
order by abs(change_usd) desc nulls last, reporter_iso3, partner_iso3, product_code, period
limit 50;
