-- What both sides reported of every flow that a published figure is computed from. `claims` adds these up.
with

-- Years are read from annual figures. Euro are of months, at the month's rate.
published_claims as (

    select
        *,
        coalesce(period_to, cast('9999-12-31' as date)) as last_day,
        case
            when currency = 'eur' or measure in ('monthly_mean', 'peak', 'dip_and_return') then 'M'
            when
                extract(month from period_from) = 1
                and extract(month from coalesce(period_to, cast('9999-12-31' as date))) = 12
                and extract(month from coalesce(base_from, period_from)) = 1
                then 'A'
            else 'M'
        end as freq,
        case when products = 'TOTAL' then 0 else 6 end as product_level,
        case
            when unit = 'items' then 'items'
            when measure = 'growth_kg' then 'kg'
            else coalesce(currency, 'usd')
        end as reported_unit
    from {{ ref('stg_seeds__published_claims') }}
    where measure not in ('none', 'same_union', 'ghost_low', 'above_cap')

),

-- The flows of the figure itself, and those it is compared with: of an earlier period, or of other countries.
parts as (

    select
        claim_id,
        false as is_base,
        coalesce(exporter, 'ALL') as exporters,
        coalesce(importer, 'ALL') as importers,
        case when measure = 'gap_as_published' then 'export' else flow_side end as flow_side,
        period_from as first_day,
        last_day
    from published_claims
    union all
    select
        claim_id,
        true as is_base,
        coalesce(base_exporter, exporter, 'ALL') as exporters,
        coalesce(base_importer, importer, 'ALL') as importers,
        coalesce(base_flow_side, flow_side) as flow_side,
        coalesce(base_from, period_from) as first_day,
        coalesce(base_to, last_day) as last_day
    from published_claims
    where base_from is not null or base_exporter is not null

),

-- A bloc is one constant group, but as a publisher counts it: then it has the members of its day.
country_groups as (

    select iso3 as name, iso3 from {{ ref('countries') }}
    union all
    select 'ALL' as name, iso3 from {{ ref('countries') }}
    union all
    select 'TRANSIT' as name, iso3 from {{ ref('countries') }} where role = 'transit'
    union all
    select bloc as name, iso3 from {{ ref('bloc_members') }} where publisher = '*'

),

named_countries as (

    select name, iso3, cast('1900-01-01' as date) as member_from, cast('9999-12-31' as date) as member_to
    from country_groups
    union all
    select bloc || ':' || publisher as name, iso3, member_from, member_to
    from {{ ref('bloc_members') }}
    where publisher <> '*'

),

part_exporters as (

    select parts.claim_id, parts.is_base, named_countries.iso3
    from parts
    inner join named_countries
        on ' ' || parts.exporters || ' ' like '% ' || named_countries.name || ' %'
        and parts.first_day >= named_countries.member_from
        and parts.first_day < named_countries.member_to

),

part_importers as (

    select parts.claim_id, parts.is_base, named_countries.iso3
    from parts
    inner join named_countries
        on ' ' || parts.importers || ' ' like '% ' || named_countries.name || ' %'
        and parts.first_day >= named_countries.member_from
        and parts.first_day < named_countries.member_to

),

pairs as (

    select distinct
        parts.claim_id,
        parts.is_base,
        parts.flow_side,
        parts.first_day,
        parts.last_day,
        published_claims.freq,
        published_claims.measure,
        published_claims.products,
        published_claims.product_level,
        published_claims.reported_unit,
        part_exporters.iso3 as exporter_iso3,
        part_importers.iso3 as importer_iso3
    from parts
    inner join published_claims on published_claims.claim_id = parts.claim_id
    inner join part_exporters
        on part_exporters.claim_id = parts.claim_id
        and part_exporters.is_base = parts.is_base
    inner join part_importers
        on part_importers.claim_id = parts.claim_id
        and part_importers.is_base = parts.is_base

),

flows as (

    select
        mirror_gaps.*,
        {{ chapter_of('mirror_gaps.product_code') }} as chapter
    from {{ ref('mirror_gaps') }} as mirror_gaps
    inner join (
        select distinct freq, product_level, exporter_iso3, importer_iso3 from pairs
    ) as corridors
        on corridors.freq = mirror_gaps.freq
        and corridors.product_level = mirror_gaps.product_level
        and corridors.exporter_iso3 = mirror_gaps.exporter_iso3
        and corridors.importer_iso3 = mirror_gaps.importer_iso3
    where mirror_gaps.product_level = 6 or mirror_gaps.product_code = 'TOTAL'

),

chapter_reports as (

    select
        freq,
        product_level,
        period,
        exporter_iso3,
        importer_iso3,
        chapter,
        bool_or(export_value_usd is not null) as has_exports,
        bool_or(import_value_usd is not null) as has_imports,
        bool_or(gap_usd is not null) as has_gap
    from flows
    group by freq, product_level, period, exporter_iso3, importer_iso3, chapter

),

-- Who reported anything at all: others who report HS6, and none of a claim's goods, traded none of them.
reports as (

    select
        freq,
        product_level,
        period,
        exporter_iso3,
        importer_iso3,
        bool_or(has_exports) as has_exports,
        bool_or(has_imports) as has_imports,
        bool_or(has_gap) as has_gap
    from chapter_reports
    group by freq, product_level, period, exporter_iso3, importer_iso3

),

-- Goods are a list of controlled goods, or codes: of a good, a heading, a chapter, or TOTAL.
claim_goods as (

    select distinct published_claims.claim_id, goods.product_code, goods.hs_revision
    from published_claims
    inner join (
        select distinct product_level, product_code, hs_revision, replace(product_code, 'G', '') as code from flows
    ) as goods
        on goods.product_level = published_claims.product_level
    left join {{ ref('controlled_goods') }} as controlled_goods
        on controlled_goods.list_id = published_claims.products
        and controlled_goods.product_code = goods.product_code
        and controlled_goods.hs_revision = goods.hs_revision
    where
        controlled_goods.product_code is not null
        or ' ' || published_claims.products || ' ' like '% ' || goods.code || ' %'
        or ' ' || published_claims.products || ' ' like '% ' || left(goods.code, 4) || ' %'
        or ' ' || published_claims.products || ' ' like '% ' || left(goods.code, 2) || ' %'

),

-- Of a gap only what mirror_gaps states as one.
cells as (

    select
        pairs.claim_id,
        pairs.is_base,
        pairs.measure,
        pairs.reported_unit,
        flows.period,
        flows.exporter_iso3,
        flows.importer_iso3,
        flows.export_value_usd,
        flows.import_value_usd,
        flows.import_value_fob_usd,
        rates.units_per_eur,
        case pairs.flow_side when 'import' then flows.import_value_usd else flows.export_value_usd end as value_usd,
        case pairs.flow_side when 'import' then flows.import_net_kg else flows.export_net_kg end as net_kg,
        case pairs.flow_side when 'import' then flows.import_quantity else flows.export_quantity end as quantity,
        case pairs.flow_side
            when 'import' then flows.import_quantity_unit else flows.export_quantity_unit
        end as quantity_unit
    from pairs
    inner join claim_goods on claim_goods.claim_id = pairs.claim_id
    inner join flows
        on flows.exporter_iso3 = pairs.exporter_iso3
        and flows.importer_iso3 = pairs.importer_iso3
        and flows.freq = pairs.freq
        and flows.product_code = claim_goods.product_code
        and flows.hs_revision = claim_goods.hs_revision
        and flows.period between pairs.first_day and pairs.last_day
        and (pairs.flow_side <> 'gap' or flows.gap_usd is not null)
    left join {{ ref('exchange_rates') }} as rates
        on rates.period = flows.period
        and rates.currency = 'USD'

),

valued_cells as (

    select
        *,
        case
            when reported_unit = 'eur' then value_usd / nullif(units_per_eur, 0)
            when reported_unit = 'items'
                then case when value_usd = 0 then 0 when quantity_unit = 'u' then quantity end
            when reported_unit = 'kg' then case when value_usd = 0 then 0 else net_kg end
            when measure = 'growth_unit_value' then case when net_kg > 0 then value_usd else 0 end
            else value_usd
        end as reported_value
    from cells

),

sums as (

    select
        claim_id,
        is_base,
        period,
        exporter_iso3,
        importer_iso3,
        max(case when reported_unit = 'eur' then units_per_eur end) as usd_per_eur,
        {{ exact_sum('export_value_usd') }} as export_value_usd,
        {{ exact_sum('import_value_usd') }} as import_value_usd,
        {{ exact_sum('import_value_fob_usd') }} as import_value_fob_usd,
        {{ exact_sum('reported_value', 'value_usd is not null') }} as reported_value,
        {{ exact_sum('net_kg', 'value_usd is not null') }} as reported_net_kg,
        bool_or(value_usd is not null and reported_value is null) as has_unknown_value
    from valued_cells
    group by claim_id, is_base, period, exporter_iso3, importer_iso3

),

components as (

    select
        pairs.*,
        reports.period,
        case pairs.flow_side when 'gap' then reports.has_gap else reports.has_exports end as has_exports,
        case pairs.flow_side when 'gap' then reports.has_gap else reports.has_imports end as has_imports,
        case pairs.flow_side
            when 'export' then reports.has_exports
            when 'import' then reports.has_imports
            else reports.has_gap
        end as is_reported,
        coalesce(sums.has_unknown_value, false) as has_unknown_value,
        coalesce(sums.export_value_usd, 0) as export_value_usd,
        coalesce(sums.import_value_usd, 0) as import_value_usd,
        coalesce(sums.import_value_fob_usd, 0) as import_value_fob_usd,
        coalesce(sums.reported_value, 0) as reported_value,
        coalesce(sums.reported_net_kg, 0) as reported_net_kg,
        sums.usd_per_eur
    from pairs
    inner join reports
        on reports.exporter_iso3 = pairs.exporter_iso3
        and reports.importer_iso3 = pairs.importer_iso3
        and reports.freq = pairs.freq
        and reports.product_level = pairs.product_level
        and reports.period between pairs.first_day and pairs.last_day
    left join sums
        on sums.claim_id = pairs.claim_id
        and sums.is_base = pairs.is_base
        and sums.period = reports.period
        and sums.exporter_iso3 = pairs.exporter_iso3
        and sums.importer_iso3 = pairs.importer_iso3

),

-- From here: has everything that a claim needs been reported?
countries_needed as (

    select
        claim_id,
        is_base,
        count(distinct exporter_iso3) as exporters,
        count(distinct importer_iso3) as importers
    from pairs
    group by claim_id, is_base

),

periods_reported as (

    select
        claim_id,
        is_base,
        period,
        count(distinct exporter_iso3) as exporters,
        count(distinct importer_iso3) as importers,
        bool_or(has_unknown_value) as has_unknown_value
    from components
    where is_reported
    group by claim_id, is_base, period

),

parts_reported as (

    select
        claim_id,
        is_base,
        count(*) as periods,
        avg(exporters) as exporters,
        avg(importers) as importers,
        bool_or(has_unknown_value) as has_unknown_value
    from periods_reported
    group by claim_id, is_base

),

-- A file of one chapter shows nothing of another: that of the goods must have been reported, in whatever period.
claim_chapters as (

    select distinct published_claims.claim_id, chapters.chapter
    from published_claims
    cross join (select distinct chapter from chapter_reports) as chapters
    left join {{ ref('controlled_goods') }} as controlled_goods
        on controlled_goods.list_id = published_claims.products
        and {{ chapter_of('controlled_goods.product_code') }} = chapters.chapter
    where
        controlled_goods.product_code is not null
        or ' ' || published_claims.products like '% ' || chapters.chapter || '%'

),

chapters_reported as (

    select distinct pairs.claim_id
    from pairs
    inner join claim_chapters on claim_chapters.claim_id = pairs.claim_id
    inner join chapter_reports
        on chapter_reports.exporter_iso3 = pairs.exporter_iso3
        and chapter_reports.importer_iso3 = pairs.importer_iso3
        and chapter_reports.freq = pairs.freq
        and chapter_reports.product_level = pairs.product_level
        and chapter_reports.chapter = claim_chapters.chapter
    where case pairs.flow_side
        when 'export' then chapter_reports.has_exports
        when 'import' then chapter_reports.has_imports
        else chapter_reports.has_gap
    end

),

parts_completed as (

    select
        parts.claim_id,
        not parts_reported.has_unknown_value
        and parts_reported.periods >= case
            when published_claims.measure = 'peak' and not parts.is_base then 1
            when published_claims.freq = 'A'
                then extract(year from parts.last_day) - extract(year from parts.first_day) + 1
            else {{ months_between('parts.first_day', 'parts.last_day') }} + 1
        end
        and parts_reported.exporters >= countries_needed.exporters * case
            when parts.exporters = 'ALL' then 0
            when published_claims.measure = 'gap_as_published' and not parts.is_base then 1
            -- partners that an importer reports: those not among them exported nothing to it
            when published_claims.base_exporter is not null then 0
            else {{ var('claim_least_members') }}
        end
        and parts_reported.importers >= countries_needed.importers * case
            when parts.importers = 'ALL' then 0
            else {{ var('claim_least_members') }}
        end as is_complete
    from parts
    inner join published_claims on published_claims.claim_id = parts.claim_id
    left join countries_needed
        on countries_needed.claim_id = parts.claim_id
        and countries_needed.is_base = parts.is_base
    left join parts_reported
        on parts_reported.claim_id = parts.claim_id
        and parts_reported.is_base = parts.is_base
    -- part of all, which its base needs
    where parts.is_base or published_claims.measure <> 'share_of_all'

),

complete_claims as (

    select parts_completed.claim_id
    from parts_completed
    inner join chapters_reported on chapters_reported.claim_id = parts_completed.claim_id
    group by parts_completed.claim_id
    having bool_and(coalesce(parts_completed.is_complete, false))

)

select
    components.claim_id,
    components.is_base,
    components.freq,
    components.period,
    components.exporter_iso3,
    components.importer_iso3,

    case when components.has_exports then components.export_value_usd end as export_value_usd,
    case when components.has_imports then components.import_value_usd end as import_value_usd,
    case when components.has_imports then components.import_value_fob_usd end as import_value_fob_usd,

    components.flow_side,
    components.is_reported,
    case
        when components.is_reported and not components.has_unknown_value then components.reported_value
    end as reported_value,
    components.reported_unit,
    case when components.is_reported then components.reported_net_kg end as reported_net_kg,
    components.usd_per_eur,

    complete_claims.claim_id is not null as is_complete
from components
left join complete_claims on complete_claims.claim_id = components.claim_id
