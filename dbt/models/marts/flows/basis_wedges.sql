-- The same imports by origin and by consignment, where an importer gives both: how much of a gap is the difference of
-- partner basis alone. Goods of another origin that a hub re-exports are imports from the hub by consignment only.
-- Comtrade gives the country of consignment as second partner, a user's own table as a basis of its own; where neither
-- does, there is no row. Only where the imports by consignment add up to those by origin of the same good: from a part of
-- them nothing follows. Of two sources that give both, Comtrade's report, else the first by name.
with

mirror_gaps as (

    select * from {{ ref('mirror_gaps') }}

),

country_codes as (

    select * from {{ ref('int_country_codes_resolved') }}
    where publisher = 'comtrade' and kind not in ('world', 'bloc')

),

own_imports as (

    select * from {{ ref('int_own_flows_placed') }}
    where role = 'import' and partner_kind not in ('world', 'bloc') and value_usd is not null

),

placed as (

    select
        'comtrade' as source_name,
        parts.freq,
        parts.period,
        parts.reporter_code,
        reporters.party as importer_iso3,
        senders.party as exporter_iso3,
        senders.is_country,
        parts.product_code,
        parts.hs_revision,
        parts.value_usd
    from {{ ref('stg_comtrade__consignments') }} as parts
    inner join country_codes as reporters on reporters.code = parts.reporter_code
    inner join country_codes as origins on origins.code = parts.origin_code
    inner join country_codes as senders on senders.code = parts.consignment_code
    union all
    select
        source_name, freq, period, reporter as reporter_code, reporter as importer_iso3, partner as exporter_iso3,
        partner_is_country as is_country, product_code, hs_revision, value_usd
    from own_imports
    where basis = 'consignment'

),

sums_of_parts as (

    select source_name, freq, period, reporter_code, product_code, hs_revision, {{ exact_sum('value_usd') }} as value_usd
    from placed
    group by source_name, freq, period, reporter_code, product_code, hs_revision

),

-- the same imports by origin, of the same report
by_origin as (

    select
        'comtrade' as source_name,
        flows.freq,
        flows.period,
        flows.reporter_code,
        reporters.party as importer_iso3,
        origins.party as exporter_iso3,
        flows.product_code,
        flows.product_level,
        flows.hs_revision,
        flows.value_usd
    from {{ ref('stg_comtrade__flows') }} as flows
    inner join country_codes as reporters on reporters.code = flows.reporter_code
    inner join country_codes as origins on origins.code = flows.partner_code
    where flows.flow = 'M'
    union all
    select
        source_name, freq, period, reporter as reporter_code, reporter as importer_iso3, partner as exporter_iso3,
        product_code, product_level, hs_revision, value_usd
    from own_imports
    where basis = 'origin'

),

-- of goods whose parts are all of the importer's total
whole_reports as (

    select
        by_origin.source_name, by_origin.freq, by_origin.period, by_origin.reporter_code, by_origin.importer_iso3,
        by_origin.product_code, by_origin.hs_revision,
        max(by_origin.product_level) as product_level
    from by_origin
    inner join sums_of_parts
        on sums_of_parts.source_name = by_origin.source_name
        and sums_of_parts.freq = by_origin.freq
        and sums_of_parts.period = by_origin.period
        and sums_of_parts.reporter_code = by_origin.reporter_code
        and sums_of_parts.product_code = by_origin.product_code
        and sums_of_parts.hs_revision = by_origin.hs_revision
    group by
        by_origin.source_name, by_origin.freq, by_origin.period, by_origin.reporter_code, by_origin.importer_iso3,
        by_origin.product_code, by_origin.hs_revision, sums_of_parts.value_usd
    having abs(sums_of_parts.value_usd - {{ exact_sum('by_origin.value_usd') }})
        <= {{ var('consignment_tolerance') }} * {{ exact_sum('by_origin.value_usd') }}

),

whole as (

    select
        *,
        row_number() over (
            partition by freq, period, importer_iso3, product_code, hs_revision
            order by
                case when {{ is_own('source_name') }} then 1 else 0 end nulls last, source_name nulls last, reporter_code nulls last
        ) as place
    from whole_reports

),

{% for name, imports, condition in [('consigned', 'placed', 'imports.is_country'), ('originating', 'by_origin', 'true')] -%}
{{ name }} as (

    select
        imports.source_name,
        imports.freq,
        imports.period,
        imports.exporter_iso3,
        imports.importer_iso3,
        imports.product_code,
        whole.product_level,
        imports.hs_revision,
        {{ exact_sum('imports.value_usd') }} as import_value_usd
    from {{ imports }} as imports
    inner join whole
        on whole.source_name = imports.source_name
        and whole.freq = imports.freq
        and whole.period = imports.period
        and whole.reporter_code = imports.reporter_code
        and whole.product_code = imports.product_code
        and whole.hs_revision = imports.hs_revision
        and whole.place = 1
    where {{ condition }} and imports.exporter_iso3 <> imports.importer_iso3
    group by
        imports.source_name, imports.freq, imports.period, imports.exporter_iso3, imports.importer_iso3,
        imports.product_code, whole.product_level, imports.hs_revision

),

{% endfor -%}

builds as (

    select * from {{ ref('int_builds_described') }}

),

-- Where nothing is reported by origin, the same reporter did report by it: a zero. The exporter's side meets in any HS
-- revision at totals and chapters, and in the importer's own elsewhere.
compared as (

    select
        consigned.freq,
        consigned.period,
        consigned.exporter_iso3,
        consigned.importer_iso3,
        consigned.product_code,
        consigned.hs_revision,
        consigned.source_name,
        mirror_gaps.export_value_usd,
        coalesce(originating.import_value_usd, 0) as import_value_origin_usd,
        consigned.import_value_usd as import_value_consignment_usd,
        mirror_gaps.gap_usd as gap_origin_usd,
        coalesce(mirror_gaps.margin_mid, {{ var('cif_default') }}) as margin_mid
    from consigned
    left join originating
        on originating.source_name = consigned.source_name
        and originating.freq = consigned.freq
        and originating.period = consigned.period
        and originating.exporter_iso3 = consigned.exporter_iso3
        and originating.importer_iso3 = consigned.importer_iso3
        and originating.product_code = consigned.product_code
        and originating.hs_revision = consigned.hs_revision
    left join mirror_gaps
        on mirror_gaps.freq = consigned.freq
        and mirror_gaps.period = consigned.period
        and mirror_gaps.exporter_iso3 = consigned.exporter_iso3
        and mirror_gaps.importer_iso3 = consigned.importer_iso3
        and mirror_gaps.product_code = consigned.product_code
        and mirror_gaps.comparable_revision
            = {{ comparable_revision('consigned.product_level', 'consigned.hs_revision') }}

)

select
    compared.freq,
    compared.period,
    compared.exporter_iso3,
    compared.importer_iso3,
    compared.product_code,
    compared.hs_revision,
    compared.source_name,

    compared.export_value_usd,
    compared.import_value_origin_usd,
    compared.import_value_consignment_usd,
    compared.import_value_consignment_usd - compared.import_value_origin_usd as partner_basis_difference_usd,
    compared.import_value_consignment_usd - compared.import_value_origin_usd as basis_wedge_usd,
    compared.gap_origin_usd,
    {{ gap_usd('compared.export_value_usd', to_fob('compared.import_value_consignment_usd', 'compared.margin_mid')) }}
        as gap_consignment_usd,
    {{ provenance_columns() }}
from compared
cross join builds
