-- Which unit values of controlled goods are out of line?
-- Means: a value per kilogram far above or below that of the same good in the same year, by reported weights.
-- Does not mean: a false invoice; a code holds cheap and dear goods, and a wrong unit looks the same (unit_error).
select
    freq, period, reporter_iso3, flow, partner_iso3, product_code, value_usd, net_kg, unit_value_usd_kg, median_usd_kg,
    z, anomaly, is_mirror_mismatch
from marts.unit_value_anomalies
where is_listed and anomaly is not null
order by value_usd desc, reporter_iso3, partner_iso3, product_code, period
limit 50;
