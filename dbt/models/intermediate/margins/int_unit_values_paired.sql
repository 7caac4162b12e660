-- Goods that both sides weighed, and weighed alike: what the importer's kilogram costs over the exporter's is what
-- the way costs (METHODS 2.4). Read before imports are brought to FOB, because it decides how they are.
-- Importers that value FOB have no way in their figures and teach nothing. Of more cells than are needed a part
-- is taken that looks random and is the same in every run.
with

measured as {{ read_in_place() }} (

    select
        freq, role, reporter, partner, product_code, hs_revision, value_usd, net_kg,
        cast(extract(year from period) as integer) as year,
        published_fob_value_usd is not null as is_published_fob
    from {{ ref('int_flows_aligned') }}
    where freq = 'A'
        and product_level = 6
        and reporter_is_country
        and partner_is_country
        and reporter <> partner
        and value_usd >= {{ var('min_value_usd') }}
        and net_kg >= {{ var('margin_least_kg') }}
        and not coalesce(is_net_kg_estimated, false)

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
        exports.freq,
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
