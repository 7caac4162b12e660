-- Imports of a year from an exporter, by chapter ('*': all goods): how many, and of how many the importer itself
-- publishes the FOB value.
select
    freq,
    cast(extract(year from period) as integer) as year,
    partner as exporter_iso3,
    reporter as importer_iso3,
    case when product_level = 0 then '*' else {{ chapter_of('product_code') }} end as product_chapter,
    count(*) as flows,
    count(*) filter (where published_fob_value_usd > 0) as published_flows,
    -- not money yet: sums of these are exact
    sum(cast(value_usd as decimal(38, 6))) filter (where published_fob_value_usd > 0) as published_cif_usd,
    sum(cast(published_fob_value_usd as decimal(38, 6))) filter (where published_fob_value_usd > 0) as published_fob_usd
from {{ ref('int_flows_aligned') }}
where role = 'import'
group by
    freq, extract(year from period), partner, reporter,
    case when product_level = 0 then '*' else {{ chapter_of('product_code') }} end
