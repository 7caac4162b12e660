-- Where are the largest gaps on controlled goods, and do they survive the margin?
-- Means: recorded as exported and not as imported, in the newest year of each importer, whatever freight is assumed.
-- Does not mean: new; many gaps are older than the war. Compare with rose_above_the_baseline.
with newest as (
    select importer_iso3, max(year) as year from marts.annual_gaps
    where coverage_status = 'both_reported' group by importer_iso3
)
select
    gaps.year, gaps.exporter_iso3, gaps.importer_iso3, gaps.product_code, gaps.hs_revision, gaps.product_name,
    gaps.export_value_usd, gaps.import_value_fob_usd, gaps.gap_low_usd, gaps.gap_usd, gaps.gap_high_usd,
    gaps.coverage_status
from marts.annual_gaps as gaps
inner join newest using (importer_iso3, year)
inner join marts.countries on countries.iso3 = gaps.importer_iso3 and countries.role = 'transit'
where gaps.level = 'HS6' and gaps.is_controlled_now and gaps.is_sign_robust
    and coalesce(gaps.zero_strength, 'strong') = 'strong'
order by gaps.gap_usd desc nulls last, gaps.exporter_iso3, gaps.importer_iso3, gaps.product_code
limit 25;
