-- Goods that both sides weighed, and weighed alike: what the importer's kilogram costs over the exporter's is what
-- the way costs (METHODS 2.4). Read before imports are brought to FOB, because it decides how they are.
-- Importers that value FOB have no way in their figures and teach nothing. Of more cells than are needed a part
-- is taken that looks random and is the same in every run. Months are a year where a reporter has no annual rows.
with

weighed as {{ read_in_place() }} (

    select
        freq, role, reporter, partner, product_code, hs_revision, value_usd, net_kg,
        cast(extract(year from period) as integer) as year,
        published_fob_value_usd is not null as is_published_fob
    from {{ ref('int_flows_aligned') }}
    where product_level = 6
        and reporter_is_country
        and partner_is_country
        and reporter <> partner
        and net_kg > 0
        and not coalesce(is_net_kg_estimated, false)

),

annual_reports as (

    select distinct role, reporter, cast(extract(year from period) as integer) as year
    from {{ ref('int_reporting_calendar') }}
    where freq = 'A' and product_level = 6

),

years as (

    select role, reporter, partner, product_code, hs_revision, value_usd, net_kg, year, is_published_fob
    from weighed
    where freq = 'A'
    union all
    select
        weighed.role, weighed.reporter, weighed.partner, weighed.product_code, weighed.hs_revision,
        {{ exact_sum('weighed.value_usd') }} as value_usd,
        {{ exact_sum('weighed.net_kg') }} as net_kg,
        weighed.year,
        count(*) filter (where weighed.is_published_fob) > 0 as is_published_fob
    from weighed
    left join annual_reports
        on annual_reports.role = weighed.role
        and annual_reports.reporter = weighed.reporter
        and annual_reports.year = weighed.year
    where weighed.freq = 'M' and annual_reports.year is null
    group by
        weighed.role, weighed.reporter, weighed.partner, weighed.product_code, weighed.hs_revision, weighed.year

),

measured as (

    select *
    from years
    where value_usd >= {{ var('min_value_usd') }} and net_kg >= {{ var('margin_least_kg') }}

),

exports as (

    select * from measured where role = 'export'

),

imports as (

    select measured.*
    from measured
    left join {{ ref('stg_seeds__countries') }} as countries on countries.iso3 = measured.reporter
    where measured.role = 'import'
        and not measured.is_published_fob
        and not coalesce(countries.imports_valued_fob, false)

),

paired as (

    select
        'A' as freq,
        exports.reporter as exporter_iso3,
        exports.partner as importer_iso3,
        exports.product_code,
        {{ chapter_of('exports.product_code') }} as product_chapter,
        exports.year,
        exports.value_usd,
        ln(imports.value_usd / imports.net_kg) - ln(exports.value_usd / exports.net_kg) as ratio_log,
        least(exports.net_kg, imports.net_kg) / greatest(exports.net_kg, imports.net_kg) as kg_ratio,
        exports.value_usd / exports.net_kg as unit_value_usd_kg
    from exports
    inner join imports
        on imports.partner = exports.reporter
        and imports.reporter = exports.partner
        and imports.year = exports.year
        and imports.product_code = exports.product_code
        and imports.hs_revision = exports.hs_revision

),

alike as (

    select *
    from paired
    where kg_ratio >= {{ var('margin_kg_ratio') }}
        and abs(ratio_log) <= {{ var('margin_log_most') }}

),

products as (

    select
        product_code,
        percentile_cont(0.5) within group (order by unit_value_usd_kg) as median_usd_kg
    from alike
    group by product_code

),

totals as (

    select greatest(ceil(count(*) / cast({{ var('margin_cells_most') }} as double)), 1) as one_of from alike

)

select
    alike.freq,
    alike.exporter_iso3,
    alike.importer_iso3,
    alike.product_code,
    alike.product_chapter,
    alike.year,
    alike.value_usd,
    alike.ratio_log,
    alike.kg_ratio,
    products.median_usd_kg
from alike
inner join products on products.product_code = alike.product_code
cross join totals
-- a large prime stirs the cents, so that round figures are neither preferred nor left out
where mod(mod(cast(floor(100 * alike.value_usd) as bigint), 1000003) * 7919, cast(totals.one_of as bigint)) = 0
