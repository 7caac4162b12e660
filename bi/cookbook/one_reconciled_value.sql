-- What is one value for German exports to Kazakhstan, if I need just one?
-- Means: both reports weighed by the errors of their reporters, with a 90 % interval.
-- Does not mean: anything about gaps: they are gone in it.
select period, value_low_usd, value_usd, value_high_usd, source, weight_export, reason
from marts.reconciled_trade
where freq = 'A' and exporter_iso3 = 'DEU' and importer_iso3 = 'KAZ' and product_code = 'TOTAL'
order by period;
