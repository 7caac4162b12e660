-- What the latest release of a table reports of each flow, basis and period. Values stay in their own currency.
with

flows as (

    select
        *,
        max(released_on) over (partition by source, reporter, flow, basis, freq, period) as latest_release
    from {{ source('own_flows', 'own_flows') }}
    where {{ known() }}

)

select
    '{{ own_prefix() }}' || source as source_name,
    freq,
    case
        when freq = 'A' then make_date(cast(period as integer), 1, 1)
        else cast(period || '-01' as date)
    end as period,
    flow as role,
    basis,
    reporter as reporter_code,
    partner as partner_code,
    product as product_code,
    cast(case when product = 'TOTAL' then 0 else length(product) end as integer) as product_level,
    revision as hs_revision,

    cast(value as double) as value_in_currency,
    currency,
    case when unit = 'kg' then nullif(cast(quantity as double), 0) end as net_kg,
    case when unit <> 'kg' then nullif(cast(quantity as double), 0) end as quantity,
    case when unit <> 'kg' and cast(quantity as double) > 0 then unit end as quantity_unit,

    cast(released_on as date) as released_on,
    _landing_id as landing_id
from flows
where released_on = latest_release
