-- Which exporters' reports make up the gap with Kyrgyzstan?
-- Means: each exporter's reported exports of priority goods there, beside what Kyrgyzstan recorded from it, by year.
-- Does not mean: that an exporter with a gap records badly: the importer may record another origin (see its orphans).
select
    period, exporter_iso3, sum(export_value_usd) as export_value_usd, sum(import_value_fob_usd) as import_fob_usd,
    sum(gap_low_usd) as gap_low_usd, sum(gap_usd) as gap_usd, sum(gap_high_usd) as gap_high_usd,
    count(*) filter (where coverage_status = 'lost_export') as lost_exports,
    count(*) filter (where coverage_status = 'orphan_import') as orphan_imports
from marts.mirror_gaps
where freq = 'A' and importer_iso3 = 'KGZ' and product_level = 6 and is_controlled_now and period >= date '2022-01-01'
group by period, exporter_iso3
having count(gap_usd) > 0
order by period desc, gap_usd desc nulls last, exporter_iso3;
