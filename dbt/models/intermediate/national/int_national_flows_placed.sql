-- National tables by country at the grain all sources share: whole years, all goods together. Another
-- publisher is another block of `books`. Groups and the world are sums of others and have no row; a name
-- that stands for one country twice is added up.
with

books as (

    select 'kazstat' as source_name, 'KAZ' as reporter, period, role, partner_code, value_usd
    from {{ ref('stg_kazstat__flows') }}
    where is_whole_year
    union all
    select 'kyrstat' as source_name, 'KGZ' as reporter, period, role, partner_code, value_usd
    from {{ ref('stg_kyrstat__flows') }}
    where is_whole_year

),

country_codes as (

    select * from {{ ref('int_country_codes_resolved') }}

)

select
    books.source_name,
    'A' as freq,
    books.period,
    books.role,
    books.reporter,
    country_codes.party as partner,
    true as reporter_is_country,
    country_codes.is_country as partner_is_country,
    'TOTAL' as product_code,
    0 as product_level,
    -- in which Comtrade's rows of that year are; totals meet across revisions
    case
        when extract(year from books.period) >= 2022 then 'HS2022'
        when extract(year from books.period) >= 2017 then 'HS2017'
        when extract(year from books.period) >= 2012 then 'HS2012'
        when extract(year from books.period) >= 2007 then 'HS2007'
        when extract(year from books.period) >= 2002 then 'HS2002'
        when extract(year from books.period) >= 1996 then 'HS1996'
        else 'HS1992'
    end as hs_revision,

    {{ exact_sum('books.value_usd') }} as value_usd,
    cast(null as double) as re_traded_value_usd,
    cast(null as double) as published_fob_value_usd,
    cast(null as double) as net_kg,
    false as is_net_kg_estimated,
    cast(null as double) as quantity,
    cast(null as {{ dbt.type_string() }}) as quantity_unit,
    false as is_quantity_estimated
from books
inner join country_codes
    on country_codes.publisher = books.source_name
    and country_codes.code = books.partner_code
where country_codes.kind not in ('world', 'bloc')
group by
    books.source_name, books.period, books.role, books.reporter, country_codes.party, country_codes.is_country
