-- The calendar of every corridor: in which periods the exporter published, and in which the importer did, of all its
-- partners ('openly') or of this one; totals (level 0) and codes of six digits (level 6) apart. A year of a few months
-- is no year. A reporter that gives the total of its exports and details its imports of that period has detailed both:
-- that it exported no good of six digits is a statement. Corridors begin in the coalition or a transit country and end
-- in a transit country or a destination.
with

countries as (

    select iso3, role from {{ ref('stg_seeds__countries') }}

),

corridors as (

    select exporters.iso3 as exporter_iso3, importers.iso3 as importer_iso3
    from countries as exporters
    cross join countries as importers
    where exporters.role in ('coalition', 'transit')
        and importers.role in ('transit', 'target')
        and exporters.iso3 <> importers.iso3

),

reports as (

    select freq, period, role, reporter, partner, product_level, partner = '*' as is_open
    from {{ ref('int_reporting_calendar') }}
    where product_level in (0, 6) and not is_partial
    union
    select exports.freq, exports.period, exports.role, exports.reporter, '*' as partner, 6 as product_level, true as is_open
    from {{ ref('int_reporting_calendar') }} as exports
    inner join {{ ref('int_reporting_calendar') }} as imports
        on imports.freq = exports.freq
        and imports.period = exports.period
        and imports.reporter = exports.reporter
    where exports.role = 'export' and exports.product_level = 0 and exports.partner = '*' and not exports.is_partial
        and imports.role = 'import' and imports.product_level = 6 and imports.partner = '*' and not imports.is_partial

),

statements as (

    select
        reports.freq, reports.period, reports.product_level, corridors.exporter_iso3, corridors.importer_iso3,
        reports.role, reports.is_open
    from corridors
    inner join reports
        on reports.role = 'export'
        and reports.reporter = corridors.exporter_iso3
        and reports.partner in ('*', corridors.importer_iso3)
    union all
    select
        reports.freq, reports.period, reports.product_level, corridors.exporter_iso3, corridors.importer_iso3,
        reports.role, reports.is_open
    from corridors
    inner join reports
        on reports.role = 'import'
        and reports.reporter = corridors.importer_iso3
        and reports.partner in ('*', corridors.exporter_iso3)

)

select
    freq,
    period,
    exporter_iso3,
    importer_iso3,
    product_level,
    count(*) filter (where role = 'export' and is_open) > 0 as is_exporter_open,
    count(*) filter (where role = 'export' and not is_open) > 0 as is_exporter_selective,
    count(*) filter (where role = 'import' and is_open) > 0 as is_importer_open,
    count(*) filter (where role = 'import' and not is_open) > 0 as is_importer_selective
from statements
group by freq, period, exporter_iso3, importer_iso3, product_level
