-- Who reported what, and what may be compared at all?
-- Means: per transit country and year, how many flows both sides recorded, and how the others are missing.
-- Does not mean: that a missing report is a zero; only lost_export and orphan_import are contradictions.
select
    coverage.importer_iso3, coverage.period, count(*) as flows,
    count(*) filter (where coverage_status = 'both_reported') as both_reported,
    count(*) filter (where coverage_status = 'lost_export') as lost_export,
    count(*) filter (where coverage_status = 'orphan_import') as orphan_import,
    count(*) filter (where coverage_status = 'exporter_nonreporting') as exporter_nonreporting,
    count(*) filter (where coverage_status = 'importer_nonreporting') as importer_nonreporting,
    count(*) filter (where coverage_status = 'not_yet_reported') as not_yet_reported
from marts.report_coverage as coverage
inner join marts.countries on countries.iso3 = coverage.importer_iso3 and countries.role = 'transit'
where coverage.freq = 'A'
group by coverage.importer_iso3, coverage.period
order by coverage.importer_iso3, coverage.period;
