-- Comtrade's flows at the grain all sources share: who reported which flow with whom, of what, when.
-- Re-exports are part of exports (and re-imports of imports): they have columns of their own, and are not added.
-- The world and blocs are sums of others and have no row; several codes of one country are one row.
{% set is_traded = "flows.flow in ('X', 'M')" %}
with

country_codes as (

    select * from {{ ref('int_country_codes_resolved') }}
    where publisher = 'comtrade' and kind not in ('world', 'bloc')

),

-- a level comes in the revision it was reported in and in converted ones: the former is used, else the newest
used_revisions as (

    {{ used_revisions() }}

),

placed as (

    select
        flows.freq,
        flows.period,
        case when flows.flow in ('X', 'RX') then 'export' else 'import' end as role,
        {{ is_traded }} as is_traded,
        reporters.party as reporter,
        partners.party as partner,
        reporters.is_country as reporter_is_country,
        partners.is_country as partner_is_country,
        flows.product_code,
        flows.product_level,
        flows.hs_revision,
        case when {{ is_traded }} then flows.value_usd end as value_usd,
        case when not {{ is_traded }} then flows.value_usd end as re_traded_value_usd,
        case when flows.flow = 'M' then flows.fob_value_usd end as fob_value_usd,
        case when {{ is_traded }} then flows.net_kg end as net_kg,
        {{ is_traded }} and flows.is_net_kg_estimated as is_net_kg_estimated,
        case when {{ is_traded }} and flows.quantity_unit is not null then flows.quantity end as quantity,
        case when {{ is_traded }} then flows.quantity_unit end as quantity_unit,
        {{ is_traded }} and flows.is_quantity_estimated as is_quantity_estimated
    from {{ ref('stg_comtrade__flows') }} as flows
    inner join used_revisions
        on used_revisions.freq = flows.freq
        and used_revisions.period = flows.period
        and used_revisions.reporter_code = flows.reporter_code
        and used_revisions.flow = flows.flow
        and used_revisions.product_level = flows.product_level
        and used_revisions.revision_rank = {{ revision_rank() }}
    inner join country_codes as reporters on reporters.code = flows.reporter_code
    inner join country_codes as partners on partners.code = flows.partner_code
    where {{ in_batch('flows.period_code') }}

)

select
    'comtrade' as source_name,
    freq,
    period,
    role,
    reporter,
    partner,
    reporter_is_country,
    partner_is_country,
    product_code,
    product_level,
    hs_revision,

    {{ sum_of_codes('value_usd') }} as value_usd,
    {{ sum_of_codes('re_traded_value_usd') }} as re_traded_value_usd,
    -- known of the flow when it is known of all its parts
    case when count(fob_value_usd) = count(value_usd) then {{ sum_of_codes('fob_value_usd') }} end as published_fob_value_usd,
    {{ sum_of_codes('net_kg') }} as net_kg,
    count(*) filter (where is_net_kg_estimated) > 0 as is_net_kg_estimated,
    case when min(quantity_unit) = max(quantity_unit) then {{ sum_of_codes('quantity') }} end as quantity,
    case when min(quantity_unit) = max(quantity_unit) then max(quantity_unit) end as quantity_unit,
    count(*) filter (where is_quantity_estimated) > 0 as is_quantity_estimated
from placed
group by
    freq, period, role, reporter, partner, reporter_is_country, partner_is_country,
    product_code, product_level, hs_revision
having count(*) filter (where is_traded) > 0
