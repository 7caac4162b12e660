-- National tables by country at the grain all sources share: whole years, all goods together. Groups and the world are sums of others and have no row; two names of one
-- country are added up.
with

reports as (

    {{ national_reports() }}

),

country_codes as (

    select * from {{ ref('int_country_codes_resolved') }} where kind not in ('world', 'bloc')

)

select
    reports.source_name,
    'A' as freq,
    reports.period,
    reports.role,
    reports.reporter,
    country_codes.party as partner,
    true as reporter_is_country,
    country_codes.is_country as partner_is_country,
    'TOTAL' as product_code,
    0 as product_level,
    -- in which Comtrade's rows of that year are; totals meet across revisions
    {{ hs_revision_in('extract(year from reports.period)') }} as hs_revision,

    {{ exact_sum('reports.value_usd') }} as value_usd,
    cast(null as double) as re_traded_value_usd,
    cast(null as double) as published_fob_value_usd,
    cast(null as double) as net_kg,
    false as is_net_kg_estimated,
    cast(null as double) as quantity,
    cast(null as {{ dbt.type_string() }}) as quantity_unit,
    false as is_quantity_estimated
from reports
inner join country_codes
    on country_codes.publisher = reports.source_name
    and country_codes.code = reports.partner_code
where reports.is_whole_year
group by
    reports.source_name, reports.period, reports.role, reports.reporter, country_codes.party, country_codes.is_country
