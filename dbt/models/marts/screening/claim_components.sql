-- What both sides reported of every flow that a published figure is computed from. `claims` adds these up. What
-- mirror_gaps assumes of a side that may be hidden (partner_hidden) is no report, and its gap none that is counted.
with

-- what is compared with the default baseline is read from other marts
pairs as (

    select * from {{ ref('int_claim_pairs_named') }} where measure not in ({{ measures_against_baseline() }})

),

flows as (

    select
        mirror_gaps.freq,
        mirror_gaps.period,
        mirror_gaps.exporter_iso3,
        mirror_gaps.importer_iso3,
        mirror_gaps.product_code,
        mirror_gaps.product_level,
        mirror_gaps.hs_revision,
        {{ chapter_of('mirror_gaps.product_code') }} as chapter,
        case
            when mirror_gaps.coverage_status = 'partner_hidden' and mirror_gaps.import_value_usd > 0 then null
            else mirror_gaps.export_value_usd
        end as export_value_usd,
        mirror_gaps.import_value_usd,
        case
            when mirror_gaps.coverage_status = 'partner_hidden' and not coalesce(mirror_gaps.import_value_usd > 0, false)
                then mirror_gaps.import_value_usd
            else mirror_gaps.import_value_fob_usd
        end as import_value_fob_usd,
        case when mirror_gaps.coverage_status <> 'partner_hidden' then mirror_gaps.gap_usd end as gap_usd,
        mirror_gaps.export_net_kg,
        mirror_gaps.import_net_kg,
        mirror_gaps.export_quantity,
        mirror_gaps.import_quantity,
        mirror_gaps.export_quantity_unit,
        mirror_gaps.import_quantity_unit
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
    from (select distinct claim_id, products, product_level from pairs) as published_claims
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
            when measure in ('unit_value', 'growth_unit_value') then case when net_kg > 0 then value_usd else 0 end
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

-- Of what is loaded every value must be known, and of a gap nearly all must be of cells that mirror_gaps states one of.
unstated_gaps as (

    select
        pairs.claim_id,
        {{ exact_sum('greatest(coalesce(flows.export_value_usd, 0), coalesce(flows.import_value_usd, 0))') }} as value_usd
    from pairs
    inner join claim_goods on claim_goods.claim_id = pairs.claim_id
    inner join flows
        on flows.exporter_iso3 = pairs.exporter_iso3
        and flows.importer_iso3 = pairs.importer_iso3
        and flows.freq = pairs.freq
        and flows.product_code = claim_goods.product_code
        and flows.hs_revision = claim_goods.hs_revision
        and flows.period between pairs.first_day and pairs.last_day
    where pairs.flow_side = 'gap' and flows.gap_usd is null
    group by pairs.claim_id

),

valued_claims as (

    select components.claim_id
    from components
    left join unstated_gaps on unstated_gaps.claim_id = components.claim_id
    group by components.claim_id
    having not bool_or(components.is_reported and components.has_unknown_value)
        and coalesce(max(unstated_gaps.value_usd), 0)
            <= (1 - {{ var('claim_least_share') }})
            * {{ exact_sum('greatest(components.export_value_usd, components.import_value_usd)') }}

),

complete_claims as (

    select valued_claims.claim_id
    from valued_claims
    inner join {{ ref('int_claims_examined') }} as examined on examined.claim_id = valued_claims.claim_id
    where examined.missing is null

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
