-- Comtrade's flows at the grain all sources share: who recorded which flow with whom, of what, when.
-- Re-exports are part of exports (and re-imports of imports): they stand beside, and are not added.
-- The world and blocs are sums of others and have no row.
--
-- A cell is nearly always one row, which is taken as it stands: sums are for the countries that come under several
-- codes. The staged flows are a view on text, read once for each of the three and only as far as there is any.
with

superseded as {{ read_in_place() }} (

    select * from {{ ref('int_comtrade_levels_superseded') }}

),

single as (
{{ placed_comtrade_flows("('X', 'M')", 'not reporters.has_several_codes', 'not partners.has_several_codes') }}
),

several as (
{{ placed_comtrade_flows("('X', 'M')", 'reporters.has_several_codes') }}
    union all
{{ placed_comtrade_flows("('X', 'M')", 'not reporters.has_several_codes', 'partners.has_several_codes') }}
),

-- what a country re-exported of its exports, or re-imported
re_traded as (

    select
        freq, period, role, reporter, partner, product_code, hs_revision,
        {{ exact_sum('value_usd') }} as value_usd
    from (
{{ placed_comtrade_flows("('RX', 'RM')") }}
    ) as flows
    group by freq, period, role, reporter, partner, product_code, hs_revision

),

traded as (

    select
        freq, period, role, reporter, partner, reporter_is_country, partner_is_country,
        product_code, product_level, hs_revision, value_usd, fob_value_usd, net_kg, is_net_kg_estimated, quantity,
        quantity_unit, is_quantity_estimated
    from single
    union all
    select
        freq, period, role, reporter, partner, reporter_is_country, partner_is_country,
        product_code, product_level, hs_revision,
        {{ exact_sum('value_usd') }} as value_usd,
        -- the FOB value of the cell is known when it is known of all its parts
        case when count(fob_value_usd) = count(*) then {{ exact_sum('fob_value_usd') }} end as fob_value_usd,
        {{ exact_sum('net_kg') }} as net_kg,
        count(*) filter (where is_net_kg_estimated) > 0 as is_net_kg_estimated,
        case when min(quantity_unit) = max(quantity_unit) then {{ exact_sum('quantity') }} end as quantity,
        case when min(quantity_unit) = max(quantity_unit) then max(quantity_unit) end as quantity_unit,
        count(*) filter (where is_quantity_estimated) > 0 as is_quantity_estimated
    from several
    group by
        freq, period, role, reporter, partner, reporter_is_country, partner_is_country,
        product_code, product_level, hs_revision

)

select
    'comtrade' as source_name,
    traded.freq,
    traded.period,
    traded.role,
    traded.reporter,
    traded.partner,
    traded.reporter_is_country,
    traded.partner_is_country,
    traded.product_code,
    traded.product_level,
    traded.hs_revision,

    traded.value_usd,
    re_traded.value_usd as re_traded_value_usd,
    traded.fob_value_usd as published_fob_value_usd,
    traded.net_kg,
    traded.is_net_kg_estimated,
    traded.quantity,
    traded.quantity_unit,
    traded.is_quantity_estimated
from traded
left join re_traded
    on re_traded.freq = traded.freq
    and re_traded.period = traded.period
    and re_traded.role = traded.role
    and re_traded.reporter = traded.reporter
    and re_traded.partner = traded.partner
    and re_traded.product_code = traded.product_code
    and re_traded.hs_revision = traded.hs_revision
