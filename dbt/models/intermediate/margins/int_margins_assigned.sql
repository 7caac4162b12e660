-- The margin between FOB and CIF of an exporter, importer, chapter ('*': all goods) and year that imports were reported
-- in, where something better than the default is known. In METHODS 2.4's order: an importer that values FOB has none;
-- a row of seeds/cif_margins.csv, the most specific first (chapter and pair, pair, exporter, importer); the model. The
-- default is in the rows of '*', one a year, and is taken where there is no row. What importers themselves publish
-- FOB is beside it, and is taken flow by flow (int_flows_typed).
with

imports as (

    select
        partner as exporter_iso3,
        reporter as importer_iso3,
        case when product_level = 0 then '*' else {{ chapter_of('product_code') }} end as product_chapter,
        cast(extract(year from period) as integer) as year,
        count(*) as flows,
        count(*) filter (where published_fob_value_usd > 0) as published_flows,
        {{ exact_sum('value_usd', 'published_fob_value_usd > 0') }} as published_cif_usd,
        {{ exact_sum('published_fob_value_usd', 'published_fob_value_usd > 0') }} as published_fob_usd
    from {{ ref('int_flows_aligned') }}
    where role = 'import'
    group by
        partner, reporter, case when product_level = 0 then '*' else {{ chapter_of('product_code') }} end,
        extract(year from period)

),

countries as (

    select iso3, imports_valued_fob from {{ ref('stg_seeds__countries') }}

),

margins as (

    select
        *,
        coalesce(year_from, 0) as from_year,
        coalesce(year_to, 9999) as to_year
    from {{ ref('stg_seeds__cif_margins') }}

),

effects as (

    select * from {{ ref('int_margins_modelled') }}

),

candidates as (

    select
        imports.*,
        coalesce(countries.imports_valued_fob, false) as is_valued_fob,
        coalesce(by_chapter.margin_low, by_pair.margin_low, by_exporter.margin_low, by_importer.margin_low) as seed_low,
        coalesce(by_chapter.margin_mid, by_pair.margin_mid, by_exporter.margin_mid, by_importer.margin_mid) as seed_mid,
        coalesce(by_chapter.margin_high, by_pair.margin_high, by_exporter.margin_high, by_importer.margin_high) as seed_high,
        coalesce(by_chapter.method, by_pair.method, by_exporter.method, by_importer.method) as seed_method,
        pairs.effect_log + coalesce(chapters.effect_log, 0) + coalesce(years.effect_log, 0) as modelled_log,
        pairs.half_width,
        pairs.standard_error,
        pairs.observations,
        pairs.model_observations,
        pairs.r2,
        defaults.margin_low as default_low,
        defaults.margin_mid as default_mid,
        defaults.margin_high as default_high,
        defaults.method as default_method
    from imports
    left join countries on countries.iso3 = imports.importer_iso3
    left join margins as by_chapter
        on by_chapter.exporter_iso3 = imports.exporter_iso3
        and by_chapter.importer_iso3 = imports.importer_iso3
        and by_chapter.product_chapter = imports.product_chapter
        and by_chapter.product_chapter <> '*'
        and imports.year between by_chapter.from_year and by_chapter.to_year
    left join margins as by_pair
        on by_pair.exporter_iso3 = imports.exporter_iso3
        and by_pair.importer_iso3 = imports.importer_iso3
        and by_pair.product_chapter = '*'
        and imports.year between by_pair.from_year and by_pair.to_year
    left join margins as by_exporter
        on by_exporter.exporter_iso3 = imports.exporter_iso3
        and by_exporter.importer_iso3 = '*'
        and by_exporter.product_chapter = '*'
        and imports.year between by_exporter.from_year and by_exporter.to_year
    left join margins as by_importer
        on by_importer.exporter_iso3 = '*'
        and by_importer.importer_iso3 = imports.importer_iso3
        and by_importer.product_chapter = '*'
        and imports.year between by_importer.from_year and by_importer.to_year
    left join effects as pairs
        on pairs.effect = 'pair'
        and pairs.exporter_iso3 = imports.exporter_iso3
        and pairs.importer_iso3 = imports.importer_iso3
    left join effects as chapters
        on chapters.effect = 'chapter'
        and chapters.product_chapter = imports.product_chapter
    left join effects as years
        on years.effect = 'year'
        and years.year = imports.year
    inner join margins as defaults
        on defaults.exporter_iso3 = '*'
        and defaults.importer_iso3 = '*'
        and defaults.product_chapter = '*'

),

based as (

    select
        *,
        case
            when is_valued_fob then 'reported_fob'
            when seed_mid is not null then seed_method
            when modelled_log is not null then 'model'
            else default_method
        end as method
    from candidates

),

years_reported as (

    select distinct year from imports

)

select
    exporter_iso3,
    importer_iso3,
    product_chapter,
    year,

    method,
    {{ margin_of('is_valued_fob', 'seed_low', 'modelled_log - half_width', 'default_low') }} as margin_low,
    {{ margin_of('is_valued_fob', 'seed_mid', 'modelled_log', 'default_mid') }} as margin_mid,
    {{ margin_of('is_valued_fob', 'seed_high', 'modelled_log + half_width', 'default_high') }} as margin_high,
    case when method = 'model' then observations end as observations,
    case when method = 'model' then model_observations end as model_observations,
    case when method = 'model' then standard_error end as standard_error,
    case when method = 'model' then r2 end as r2,

    flows,
    published_flows,
    published_cif_usd,
    published_fob_usd
from based
where method <> default_method or published_flows > 0
union all
select
    margins.exporter_iso3,
    margins.importer_iso3,
    margins.product_chapter,
    years_reported.year,

    margins.method,
    margins.margin_low,
    margins.margin_mid,
    margins.margin_high,
    cast(null as bigint) as observations,
    cast(null as bigint) as model_observations,
    cast(null as double) as standard_error,
    cast(null as double) as r2,

    cast(0 as bigint) as flows,
    cast(0 as bigint) as published_flows,
    cast(null as double) as published_cif_usd,
    cast(null as double) as published_fob_usd
from margins
cross join years_reported
where margins.exporter_iso3 = '*' and margins.importer_iso3 = '*' and margins.product_chapter = '*'
