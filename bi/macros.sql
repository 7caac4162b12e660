-- The commonest questions as table macros, written into the published file (schema marts) when it is published.
-- In a file that was attached under another name, `use` it first: DuckDB looks a macro's tables up where the caller
-- stands, not where the macro does. To compare two files, ask the tables.

create or replace macro marts.both_books(exporter, importer, product) as table
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

comment on macro table marts.both_books is
    'both_books(exporter, importer, product): a flow as both books have it, years (A) and months (M), with the gap''s interval and what is known of a side that is missing. ISO codes; an HS code or TOTAL.';

create or replace macro marts.country_headline(country) as table
    select
        headline.period, headline.basket, headline.export_value_usd, headline.import_value_usd, headline.gap_low_usd,
        headline.gap_usd, headline.gap_high_usd, headline.ghost_low_usd, headline.ghost_high_usd,
        headline.growth_ratio, headline.z, headline.class, headline.anomaly, headline.evidence, headline.is_in_alert,
        headline.exports_until, headline.imports_until, headline.is_simulated
    from marts.headline
    where headline.transit_iso3 = upper(country) or lower(headline.transit_name) = lower(country)
    order by headline.period desc, headline.basket;

comment on macro table marts.country_headline is
    'country_headline(country): a transit country''s months, newest first, with the coalition as one exporter. ISO code or name.';

create or replace macro marts.listed_goods(on_date) as table
    select
        goods.list_id, goods.product_code, goods.hs_revision, goods.tier, goods.name, goods.valid_from, goods.valid_to,
        goods.source
    from marts.controlled_goods as goods
    where goods.valid_from <= cast(on_date as date)
        and (goods.valid_to is null or goods.valid_to > cast(on_date as date))
    order by goods.list_id, goods.product_code, goods.hs_revision;

comment on macro table marts.listed_goods is
    'listed_goods(on_date): the codes that stood on a control list on that day, in each HS revision of the data.';

create or replace macro marts.corridor(country, basket) as table
    select
        risk.exporter_bloc, risk.period, risk.class, risk.reason, risk.rank, risk.anomaly, risk.evidence, risk.severity,
        risk.placebo_far, risk.export_value_usd, risk.growth_ratio, risk.gap_low_usd, risk.gap_high_usd,
        risk.ghost_low_usd, risk.ghost_high_usd, risk.chain_arrived_usd, risk.chain_upper_usd
    from marts.corridor_risk as risk
    where risk.transit_iso3 = upper(country) and risk.goods = basket
    order by risk.exporter_bloc, risk.period desc;

comment on macro table marts.corridor is
    'corridor(country, basket): the screening signal of each twelve months, newest first; anomaly, evidence and severity apart. ISO code; a basket (CHPL, TOTAL) or an HS code.';
