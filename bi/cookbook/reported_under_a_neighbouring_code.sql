-- Could a missing good be reported under a neighbouring code?
-- Means: codes of a heading of which an importer recorded none, while it recorded more than was exported of another code of
-- that heading, from the same exporter in the same year; at most the smaller of the two can be explained so.
-- Does not mean: misdeclaration; two offices classify honestly in two ways.
-- May be empty: the two codes must meet in one flow.
with flows as (
    select period, exporter_iso3, importer_iso3, left(product_code, 4) as heading, product_code, coverage_status, gap_usd
    from marts.mirror_gaps
    where freq = 'A' and product_level = 6 and gap_usd is not null and period >= date '2022-01-01'
)
select
    missing.period, missing.exporter_iso3, missing.importer_iso3, missing.product_code as missing_code,
    missing.gap_usd as missing_usd, neighbour.product_code as neighbour_code, -neighbour.gap_usd as surplus_usd,
    least(missing.gap_usd, -neighbour.gap_usd) as explained_at_most_usd
from flows as missing
inner join flows as neighbour using (period, exporter_iso3, importer_iso3, heading)
inner join marts.countries on countries.iso3 = missing.importer_iso3 and countries.role = 'transit'
where missing.coverage_status = 'lost_export' and missing.gap_usd > 0 and neighbour.gap_usd < 0
order by explained_at_most_usd desc, missing.exporter_iso3, missing.importer_iso3, missing_code, neighbour_code
limit 25;
