-- The commonest questions as table macros, written into the published file (schema marts) when it is published.
-- In a file that was attached under another name, `use` it first: DuckDB looks a macro's tables up in the
-- caller's current database, not in the macro's. To compare two files, query the tables.

create or replace macro marts.both_reports(exporter, importer, product) as table
    select
        gaps.freq, gaps.period, gaps.product_code, gaps.hs_revision, gaps.export_value_usd, gaps.import_value_usd,
        gaps.import_value_fob_usd, gaps.gap_low_usd, gaps.gap_usd, gaps.gap_high_usd, gaps.is_sign_robust,
        gaps.coverage_status, gaps.zero_strength
    from marts.mirror_gaps as gaps
    where gaps.exporter_iso3 = upper(exporter) and gaps.importer_iso3 = upper(importer)
        and (
            gaps.product_code = product
            or gaps.product_code in (  -- the group in which a code of two HS revisions meets
                select bridges.stable_group_id from marts.product_bridges as bridges
                where product in (bridges.code_from, bridges.code_to)
            )
        )
    order by gaps.freq, gaps.period, gaps.product_code, gaps.hs_revision;

comment on macro table marts.both_reports is
    'both_reports(exporter, importer, product): a flow as both sides reported it, years (A) and months (M), with the gap''s interval and what is known of a side that is missing. ISO codes; an HS code or TOTAL.';

create or replace macro marts.both_books(exporter, importer, product) as table
    from marts.both_reports(exporter, importer, product);

comment on macro table marts.both_books is
    'Deprecated for one release: both_reports.';

create or replace macro marts.country_headline(country) as table
    select
        headline.period, headline.basket, headline.export_month_usd, headline.import_month_usd,
        headline.gap_low_month_usd, headline.gap_month_usd, headline.gap_high_month_usd, headline.growth_month_ratio,
        headline.z_month, headline.is_in_alert_month, headline.window_12m_kind, headline.export_12m_usd,
        headline.import_fob_12m_usd, headline.gap_12m_usd, headline.ghost_low_12m_usd, headline.ghost_high_12m_usd,
        headline.class_12m, headline.anomaly_12m, headline.evidence_12m, headline.exports_until,
        headline.imports_until, headline.is_simulated
    from marts.headline
    where headline.transit_iso3 = upper(country) or lower(headline.transit_name) = lower(country)
    order by headline.period desc, headline.basket;

comment on macro table marts.country_headline is
    'country_headline(country): a transit country''s months, newest first, with the coalition as one exporter; _month is of the month, _12m of the twelve months to it. ISO code or name.';

create or replace macro marts.listed_goods(on_date, destination := null) as table
    select
        goods.list_id, goods.destination_iso3, goods.product_code, goods.hs_revision, goods.tier, goods.annex, goods.name,
        goods.valid_from, goods.valid_to, goods.source
    from marts.controlled_goods as goods
    where goods.valid_from <= cast(on_date as date)
        and (goods.valid_to is null or goods.valid_to >= cast(on_date as date))
        and (destination is null or goods.destination_iso3 in ('*', upper(destination)))
    order by goods.list_id, goods.destination_iso3, goods.product_code, goods.hs_revision;

comment on macro table marts.listed_goods is
    'listed_goods(on_date, destination := ''KGZ''): the codes that were on a control list on that day, of all lists or of those that hold for a destination, in each HS revision of the data.';

create or replace macro marts.corridor(country, basket) as table
    select
        risk.exporter_bloc, risk.window_kind, risk.period, risk.class, risk.reason, risk.rank, risk.anomaly, risk.evidence, risk.severity,
        risk.placebo_far, risk.export_value_usd, risk.growth_ratio, risk.gap_low_usd, risk.gap_high_usd,
        risk.ghost_low_90_usd, risk.ghost_high_90_usd, risk.chain_arrived_usd, risk.chain_upper_usd
    from marts.corridor_risk as risk
    where risk.transit_iso3 = upper(country) and risk.goods = basket
    order by risk.exporter_bloc, risk.period desc;

comment on macro table marts.corridor is
    'corridor(country, basket): the screening signal of each twelve months, or of each year where the two sides meet in no twelve months, newest first; anomaly, evidence and severity apart. ISO code; a product group (CHPL, TOTAL) or an HS code.';

create or replace macro marts.cif_margin(exporter, importer, chapter, of_year) as table
    select
        upper(exporter) as exporter_iso3, upper(importer) as importer_iso3, chapter as product_chapter, margins.year,
        margins.margin_low, margins.margin_mid, margins.margin_high, margins.method
    from marts.cif_margins as margins
    where margins.year = of_year
        and (
            margins.exporter_iso3 = upper(exporter) and margins.importer_iso3 = upper(importer)
                and margins.product_chapter = chapter
            or margins.exporter_iso3 = '*'  -- the default of the year
        )
    order by margins.exporter_iso3 = '*'
    limit 1;

comment on macro table marts.cif_margin is
    'cif_margin(exporter, importer, chapter, year): the margin of freight and insurance taken off such imports, and how it is known; the default where nothing better is. ISO codes; a chapter of two digits, or * for all goods together.';

create or replace macro marts.price_of_an_invoice(product, exporter, importer, usd_a_kg, of_year) as table
    with reports as (  -- of the code itself, else of its group; years before months
        select
            gaps.exporter_iso3, gaps.importer_iso3, gaps.product_code, gaps.freq,
            gaps.export_value_usd, gaps.export_net_kg, gaps.import_value_fob_usd, gaps.import_net_kg
        from marts.mirror_gaps as gaps
        where extract(year from gaps.period) = of_year
            and (
                gaps.product_code = product
                or gaps.product_code in (
                    select bridges.stable_group_id from marts.product_bridges as bridges
                    where product in (bridges.code_from, bridges.code_to)
                )
            )
        qualify rank() over (order by gaps.product_code <> product, gaps.freq) = 1
    ),
    weighed as (  -- each pair as its exporter weighed it, else as its importer did, at FOB
        select
            exporter_iso3, importer_iso3, any_value(product_code) as product_code,
            sum(export_net_kg) filter (export_value_usd > 0 and export_net_kg > 0) as export_kg,
            sum(import_net_kg) filter (import_value_fob_usd > 0 and import_net_kg > 0) as import_kg,
            sum(export_value_usd) filter (export_value_usd > 0 and export_net_kg > 0) / export_kg as export_usd_kg,
            sum(import_value_fob_usd) filter (import_value_fob_usd > 0 and import_net_kg > 0) / import_kg as import_usd_kg
        from reports
        group by exporter_iso3, importer_iso3
    ),
    unit_values as (
        select
            *, coalesce(export_kg, import_kg) as kg, coalesce(export_usd_kg, import_usd_kg) as unit_value,
            exporter_iso3 = upper(exporter) and importer_iso3 = upper(importer) as is_own
        from weighed
        where export_usd_kg is not null or import_usd_kg is not null
    ),
    placed as (
        select
            any_value(product_code) as product_code,
            count(*) filter (not is_own) as pairs,
            count(*) filter (not is_own and unit_value < usd_a_kg) as cheaper_pairs,
            count(*) filter (not is_own and unit_value = usd_a_kg) as equal_pairs,
            100 * sum(kg) filter (not is_own and unit_value <= usd_a_kg) / sum(kg) filter (not is_own)
                as cheaper_share_of_weight,
            quantile_cont(unit_value, 0.1) filter (not is_own) as tenth_usd_kg,
            median(unit_value) filter (not is_own) as median_usd_kg,
            quantile_cont(unit_value, 0.9) filter (not is_own) as ninetieth_usd_kg,
            any_value(export_usd_kg) filter (is_own) as own_export_usd_kg,
            any_value(import_usd_kg) filter (is_own) as own_import_usd_kg
        from unit_values
    )
    select
        upper(exporter) as exporter_iso3, upper(importer) as importer_iso3, placed.product_code,
        cast(of_year as integer) as year, cast(usd_a_kg as double) as usd_a_kg, placed.pairs,
        100 * (placed.cheaper_pairs + placed.equal_pairs / 2) / nullif(placed.pairs, 0) as percentile,
        coalesce(placed.cheaper_share_of_weight, if(placed.pairs = 0, null, 0)) as cheaper_share_of_weight,
        placed.tenth_usd_kg, placed.median_usd_kg, placed.ninetieth_usd_kg,
        placed.own_export_usd_kg, placed.own_import_usd_kg,
        case when placed.pairs = 0 then 'not_reported' when placed.pairs < 8 then 'few_pairs' end as reason,
        'A code holds cheap and dear goods, and a weight may be estimated or wrong: a place among unit values says '
            || 'nothing about one invoice, nor about who wrote it.' as caveat
    from placed;

comment on macro table marts.price_of_an_invoice is
    'price_of_an_invoice(product, exporter, importer, usd_a_kg, year): where a price in USD a kilogram stands among the unit values of all other pairs of countries in that year (percentile of pairs; share of the weight that was no dearer), beside what both sides report of this pair, at FOB. Under eight pairs a percentile says little (few_pairs). An HS code; ISO codes.';
