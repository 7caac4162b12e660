-- What reporters are rated by (METHODS 2.6), as sums over the cells of a pair: least squares needs no more, and the
-- rating of a whole world becomes forty thousand rows. Codes of six digits of whole years before the war that both
-- sides recorded, of a size that matters; without listed goods, without the corridors (coalition to transit,
-- transit to destination): what is looked for must not make a reporter look unreliable. And without goods that are
-- recorded in ways of their own.
--
-- A gap counts as its distance from the usual one: of all cells (variant total, which keeps what is lasting between
-- two countries), or of the pair (variant noise). Pairs of few cells have no usual gap.
--
-- Of two countries without annual rows of a year, twelve months that both reported are the year (METHODS E4).
{% set baseline = var('baselines') | selectattr('id', 'equalto', var('reliability_baseline')) | first %}
{% set excluded = "('" ~ var('reliability_excluded') | join("', '") ~ "')" %}
with

countries as (

    select iso3, role from {{ ref('stg_seeds__countries') }}

),

listed as (

    select distinct product_code from {{ ref('int_controlled_goods_unioned') }}

),

flows as (

    select
        freq, exporter_iso3, importer_iso3, product_code, coverage_status, export_value_usd, import_value_fob_usd,
        cast(extract(year from period) as integer) as year
    from {{ ref('int_flows_typed') }}
    where product_level = 6 and period between date '{{ baseline.first }}' and date '{{ baseline.last }}'

),

annual_pairs as (

    select distinct exporter_iso3, importer_iso3, year from flows where freq = 'A'

),

months_reported as (

    select role, reporter, cast(extract(year from period) as integer) as year
    from {{ ref('int_reporting_calendar') }}
    where freq = 'M' and product_level = 6
    group by role, reporter, extract(year from period)
    having count(distinct period) = 12

),

years as (

    select exporter_iso3, importer_iso3, product_code, export_value_usd, import_value_fob_usd
    from flows
    where freq = 'A' and coverage_status = 'both_reported'
    union all
    select
        flows.exporter_iso3, flows.importer_iso3, flows.product_code,
        {{ exact_sum('flows.export_value_usd') }} as export_value_usd,
        {{ exact_sum('flows.import_value_fob_usd') }} as import_value_fob_usd
    from flows
    inner join months_reported as exports
        on exports.role = 'export'
        and exports.reporter = flows.exporter_iso3
        and exports.year = flows.year
    inner join months_reported as imports
        on imports.role = 'import'
        and imports.reporter = flows.importer_iso3
        and imports.year = flows.year
    left join annual_pairs
        on annual_pairs.exporter_iso3 = flows.exporter_iso3
        and annual_pairs.importer_iso3 = flows.importer_iso3
        and annual_pairs.year = flows.year
    where flows.freq = 'M' and annual_pairs.year is null
    group by flows.exporter_iso3, flows.importer_iso3, flows.product_code, flows.year
    having count(*) filter (where flows.coverage_status not in ('both_reported', 'lost_export', 'orphan_import')) = 0

),

cells as (

    select
        'A' as freq,
        flows.exporter_iso3,
        flows.importer_iso3,
        flows.export_value_usd as x_usd,
        flows.import_value_fob_usd as m_usd,
        {{ gap_log('flows.export_value_usd', 'flows.import_value_fob_usd') }} as gap_log,
        ln(1 + least(flows.export_value_usd, flows.import_value_fob_usd) / {{ var('asinh_scale_usd') }}) as weight
    from years as flows
    left join countries as exporters on exporters.iso3 = flows.exporter_iso3
    left join countries as importers on importers.iso3 = flows.importer_iso3
    left join listed on listed.product_code = flows.product_code
    where flows.export_value_usd > 0
        and flows.import_value_fob_usd > 0
        and greatest(flows.export_value_usd, flows.import_value_fob_usd) >= {{ var('reliability_least_usd') }}
        and {{ chapter_of('flows.product_code') }} not in {{ excluded }}
        and {{ heading_of('flows.product_code') }} not in {{ excluded }}
        and listed.product_code is null
        and not coalesce(exporters.role = 'coalition' and importers.role = 'transit', false)
        and not coalesce(exporters.role = 'transit' and importers.role = 'target', false)

),

usual as (

    select percentile_cont(0.5) within group (order by gap_log) as gap_log from cells

),

usual_of_pairs as (

    select
        exporter_iso3,
        importer_iso3,
        count(*) as cells,
        percentile_cont(0.5) within group (order by gap_log) as gap_log
    from cells
    group by exporter_iso3, importer_iso3

),

centred as (

    select 'total' as variant, cells.*, cells.gap_log - usual.gap_log as distance
    from cells
    cross join usual
    union all
    select 'noise' as variant, cells.*, cells.gap_log - usual_of_pairs.gap_log as distance
    from cells
    inner join usual_of_pairs
        on usual_of_pairs.exporter_iso3 = cells.exporter_iso3
        and usual_of_pairs.importer_iso3 = cells.importer_iso3
    where usual_of_pairs.cells >= {{ var('reliability_pair_cells') }}

),

winsorised as (

    select
        *,
        least(greatest(distance, -{{ var('winsor_log') }}), {{ var('winsor_log') }}) as gap,
        abs(x_usd - m_usd) <= {{ var('consistent_share') }} * x_usd as is_export_confirmed,
        abs(x_usd - m_usd) <= {{ var('consistent_share') }} * m_usd as is_import_confirmed
    from centred

)

select
    freq,
    variant,
    exporter_iso3,
    importer_iso3,

    count(*) as cells,
    {{ exact_sum('weight') }} as weight,
    {{ exact_sum('weight * gap') }} as gap_weighted,
    {{ exact_sum('weight * gap * gap') }} as square_weighted,
    {{ exact_sum('x_usd') }} as export_usd,
    coalesce({{ exact_sum('x_usd', 'is_export_confirmed') }}, 0) as export_within_usd,
    {{ exact_sum('m_usd') }} as import_usd,
    coalesce({{ exact_sum('m_usd', 'is_import_confirmed') }}, 0) as import_within_usd
from winsorised
group by freq, variant, exporter_iso3, importer_iso3
