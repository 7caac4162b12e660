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
