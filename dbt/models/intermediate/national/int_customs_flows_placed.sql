-- Monthly flows by product of offices that report them in a layout of their own, at the grain all sources share, in dollars
-- at the month's rate; and years whose twelve months are there.
--
-- United States: levels as the Bureau adds them up. An answer is what was requested, so headings and six-digit codes are
-- used where they add up to their chapter, and only totals make years: what was not requested is no zero. Japan: nine digits
-- added up to six, four and two; a total where all 96 chapters are loaded.
-- `unused_because`: why a row is no flow that is used, as it stands before "n of n rows not used".
{% set key = 'source_name, period, role, reporter, partner_code, product_code, product_level' %}
with

country_codes as (

    select * from {{ ref('int_country_codes_resolved') }} where publisher in ('us_census', 'japan_customs')

),

rates as (

    select currency, period, units_per_eur from {{ ref('int_rates_averaged') }} where currency in ('USD', 'JPY')

),

census as (

    select
        *,
        left(product_code, 2) as chapter,
        max(case when product_level = 2 then value_usd end) over (
            partition by period, role, area_code, left(product_code, 2)
        ) as chapter_usd,
        sum(value_usd) over (
            partition by period, role, area_code, left(product_code, 2), product_level
        ) as level_usd
    from {{ ref('stg_us_census__flows') }}

),

japan as (

    select * from {{ ref('stg_japan_customs__flows') }}

),

whole_japan as (

    select role, extract(year from period) as year
    from japan
    where is_hs_code
    group by role, extract(year from period)
    having count(distinct left(hs6_code, 2)) = 96

),

levelled as (

    {% for level in [2, 4, 6] -%}
    select
        period, role, partner_code, is_whole_year, left(hs6_code, {{ level }}) as product_code, {{ level }} as product_level,
        value_jpy, net_kg, pieces
    from japan
    where is_hs_code
    union all
    {% endfor -%}
    select
        japan.period, japan.role, japan.partner_code, japan.is_whole_year, 'TOTAL' as product_code, 0 as product_level,
        japan.value_jpy, japan.net_kg, japan.pieces
    from japan
    inner join whole_japan
        on whole_japan.role = japan.role
        and whole_japan.year = extract(year from japan.period)

),

japan_summed as (

    select
        period, role, partner_code, is_whole_year, product_code, product_level,
        {{ exact_sum('value_jpy') }} as value_jpy,
        case when product_level = 6 and count(net_kg) = count(*) then {{ exact_sum('net_kg') }} end as net_kg,
        case when product_level = 6 and count(pieces) = count(*) then {{ exact_sum('pieces') }} end as pieces
    from levelled
    group by period, role, partner_code, is_whole_year, product_code, product_level

),

months as (

    select
        'us_census' as source_name, period, role, 'USA' as reporter, partner_code, product_code, product_level,
        value_usd, customs_value_usd,
        cast(null as double) as net_kg,
        cast(null as double) as quantity,
        product_level = 0 as makes_years,
        case
            when product_level = 10 then 'ten digits, which the Bureau adds up itself to six'
            when product_level in (4, 6)
                and not coalesce(abs(level_usd - chapter_usd) <= {{ var('sums_tolerance') }} * chapter_usd, false)
                then 'headings or codes that do not add up to their chapter, or without it'
        end as unused_because,
        landing_id
    from census
    union all
    select
        'japan_customs' as source_name, japan_summed.period, japan_summed.role, 'JPN' as reporter,
        japan_summed.partner_code, japan_summed.product_code, japan_summed.product_level,
        japan_summed.value_jpy / nullif(yen.units_per_eur, 0) * dollars.units_per_eur as value_usd,
        cast(null as double) as customs_value_usd,
        japan_summed.net_kg,
        japan_summed.pieces as quantity,
        japan_summed.is_whole_year as makes_years,
        cast(null as {{ dbt.type_string() }}) as unused_because,
        cast(null as {{ dbt.type_string() }}) as landing_id
    from japan_summed
    left join rates as yen on yen.period = japan_summed.period and yen.currency = 'JPY'
    left join rates as dollars on dollars.period = japan_summed.period and dollars.currency = 'USD'

),

placed as (

    select 'M' as freq, {{ key }}, value_usd, customs_value_usd, net_kg, quantity, unused_because, landing_id
    from months
    union all
    -- without one month's value there is no year; of totals twelve months have to be there, of a file that is whole what it
    -- lacks was not traded
    select
        'A' as freq, source_name,
        cast(cast(extract(year from period) as {{ dbt.type_string() }}) || '-01-01' as date) as period,
        role, reporter, partner_code, product_code, product_level,
        case when count(value_usd) = count(*) then {{ exact_sum('value_usd') }} end as value_usd,
        case when count(customs_value_usd) = count(*) then {{ exact_sum('customs_value_usd') }} end as customs_value_usd,
        case when count(net_kg) = count(*) then {{ exact_sum('net_kg') }} end as net_kg,
        case when count(quantity) = count(*) then {{ exact_sum('quantity') }} end as quantity,
        cast(null as {{ dbt.type_string() }}) as unused_because,
        cast(null as {{ dbt.type_string() }}) as landing_id
    from months
    where makes_years and partner_code <> '0XXX'
    group by source_name, extract(year from period), role, reporter, partner_code, product_code, product_level
    having source_name <> 'us_census' or count(*) = 12

)

select
    placed.source_name,
    placed.freq,
    placed.period,
    placed.role,
    placed.reporter,
    country_codes.party as partner,
    true as reporter_is_country,
    country_codes.is_country as partner_is_country,
    country_codes.kind as partner_kind,
    placed.product_code,
    placed.product_level,
    {{ hs_revision_in('extract(year from placed.period)') }} as hs_revision,
    coalesce(
        placed.unused_because,
        case country_codes.kind
            when 'world' then 'all partners together, compared with their sum'
            when 'bloc' then 'partners that are blocs'
        end
    ) as unused_because,
    placed.unused_because is null and country_codes.kind <> 'bloc' as is_flow,

    {{ exact_sum('placed.value_usd') }} as value_usd,
    cast(null as double) as re_traded_value_usd,
    {{ exact_sum('placed.customs_value_usd') }} as published_fob_value_usd,
    {{ exact_sum('placed.net_kg') }} as net_kg,
    false as is_net_kg_estimated,
    {{ exact_sum('placed.quantity') }} as quantity,
    case when count(placed.quantity) > 0 then 'u' end as quantity_unit,
    false as is_quantity_estimated,
    count(placed.landing_id) as file_rows,
    max(placed.landing_id) as landing_id
from placed
inner join country_codes
    on country_codes.publisher = placed.source_name
    and country_codes.code = placed.partner_code
group by
    placed.source_name, placed.freq, placed.period, placed.role, placed.reporter, country_codes.party,
    country_codes.is_country, country_codes.kind, placed.product_code, placed.product_level, placed.unused_because,
    -- two codes of one country are added up, rows that are no flows stay with their file
    case when placed.unused_because is not null or country_codes.kind in ('world', 'bloc') then placed.landing_id end
