-- Users' own tables at the grain all sources share, in dollars: a month at its rate, a year at the mean of its twelve
-- months' rates; without a value where no rate brings the currency to dollars. Both partner bases are here. `is_flow`: the
-- row is compared with the mirror, which is imports by origin and exports by destination; by consignment only where a
-- table gives nothing else at that level. Of two revisions of the HS the newest is used, as of Comtrade.
{% set cell = 'source_name, freq, period, role, reporter_code, product_level' %}
with

country_codes as (

    select * from {{ ref('int_country_codes_resolved') }} where publisher = 'own_flows'

),

flows as (

    select
        *,
        max(case when basis = 'consignment' then 0 else 1 end) over (partition by {{ cell }}) as first_basis,
        max(hs_revision) over (partition by {{ cell }}, basis) as newest_revision
    from {{ ref('stg_own_flows__flows') }}

),

monthly_rates as (

    select 'M' as freq, period, currency, units_per_eur from {{ ref('int_rates_averaged') }}
    union all
    select 'M' as freq, period, 'EUR' as currency, 1.0 as units_per_eur
    from {{ ref('int_rates_averaged') }}
    where currency = 'USD'

),

rates as (

    select * from monthly_rates
    union all
    select
        'A' as freq,
        cast(cast(extract(year from period) as {{ dbt.type_string() }}) || '-01-01' as date) as period,
        currency,
        {{ exact_sum('units_per_eur') }} / 12 as units_per_eur
    from monthly_rates
    group by extract(year from period), currency
    having count(*) = 12

)

select
    flows.source_name,
    flows.freq,
    flows.period,
    flows.role,
    flows.basis,
    reporters.party as reporter,
    partners.party as partner,
    reporters.is_country as reporter_is_country,
    partners.is_country as partner_is_country,
    partners.kind as partner_kind,
    flows.product_code,
    flows.product_level,
    coalesce(flows.hs_revision, {{ hs_revision_in('extract(year from flows.period)') }}) as hs_revision,
    case
        when flows.product_level > 0 and flows.hs_revision <> flows.newest_revision
            then 'in another revision of the HS than the one used'
        when flows.first_basis = 1 and flows.basis = 'consignment'
            then 'by consignment, beside the same by ' || case flows.role when 'import' then 'origin' else 'destination' end
        when partners.kind = 'world' then 'all partners together, compared with their sum'
        when partners.kind = 'bloc' then 'partners that are blocs'
    end as unused_because,
    coalesce(flows.hs_revision = flows.newest_revision, true)
        and (flows.first_basis = 0 or flows.basis <> 'consignment') as is_flow,

    case
        when flows.currency = 'USD' then flows.value_in_currency
        else flows.value_in_currency / nullif(own.units_per_eur, 0) * dollars.units_per_eur
    end as value_usd,
    cast(null as double) as re_traded_value_usd,
    cast(null as double) as published_fob_value_usd,
    flows.net_kg,
    false as is_net_kg_estimated,
    flows.quantity,
    flows.quantity_unit,
    false as is_quantity_estimated,
    flows.landing_id
from flows
inner join country_codes as reporters on reporters.code = flows.reporter_code
inner join country_codes as partners on partners.code = flows.partner_code
left join rates as own
    on own.freq = flows.freq
    and own.period = flows.period
    and own.currency = flows.currency
left join rates as dollars
    on dollars.freq = flows.freq
    and dollars.period = flows.period
    and dollars.currency = 'USD'
