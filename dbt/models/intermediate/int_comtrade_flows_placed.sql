{{ config(materialized='parted') }}
-- Comtrade's flows at the grain all sources share: who recorded which flow with whom, of what, when.
-- Re-exports are part of exports (and re-imports of imports): they stand beside, and are not added.
-- The world and blocs are sums of others and have no row.
--
-- A cell is nearly always one row, which is taken as it stands: sums are for the countries that come under several
-- codes. The staged flows are a view on text, so each part reads of them what it needs and no more.
{% set as_recorded = "case when flows.is_original_classification then '1' else '0' end || flows.hs_revision" %}
with

country_codes as (

    select * from {{ ref('int_country_codes_resolved') }} where publisher = 'comtrade'

),

-- A level of a reporter's period may come in the revision it was recorded in and in converted ones: one
-- is used.
revisions as (

    select
        freq,
        period,
        reporter_code,
        flow,
        product_level,
        {{ as_recorded }} as revision
    from {{ ref('stg_comtrade__flows') }} as flows
    where {{ in_parts('flows', 'period_code') }}
    group by freq, period, reporter_code, flow, product_level, {{ as_recorded }}

),

passed_over as (

    select revisions.*
    from revisions
    inner join (
        select freq, period, reporter_code, flow, product_level, max(revision) as preferred
        from revisions
        group by freq, period, reporter_code, flow, product_level
    ) as bests
        on bests.freq = revisions.freq
        and bests.period = revisions.period
        and bests.reporter_code = revisions.reporter_code
        and bests.flow = revisions.flow
        and bests.product_level = revisions.product_level
        and bests.preferred <> revisions.revision

),

seen_codes as (

    select distinct freq, cast(extract(year from period) as integer) as year, reporter_code as code from revisions
    union
    select distinct freq, cast(extract(year from period) as integer) as year, partner_code as code
    from {{ ref('stg_comtrade__flows') }} as flows
    where {{ in_parts('flows', 'period_code') }}

),

parties_of_several_codes as (

    select seen_codes.freq, seen_codes.year, country_codes.party
    from country_codes
    inner join seen_codes on seen_codes.code = country_codes.code
    group by seen_codes.freq, seen_codes.year, country_codes.party
    having count(*) > 1

),

parties as (

    select
        seen_codes.freq,
        seen_codes.year,
        country_codes.code,
        country_codes.party,
        country_codes.is_country,
        several.party is not null as has_several_codes
    from country_codes
    inner join seen_codes on seen_codes.code = country_codes.code
    left join parties_of_several_codes as several
        on several.freq = seen_codes.freq
        and several.year = seen_codes.year
        and several.party = country_codes.party
    where country_codes.kind not in ('world', 'bloc')

),

placed as {{ read_in_place() }} (

    select
        flows.freq,
        flows.period,
        flows.flow,
        case when flows.flow in ('X', 'RX') then 'export' else 'import' end as role,
        reporters.party as reporter,
        partners.party as partner,
        reporters.is_country as reporter_is_country,
        partners.is_country as partner_is_country,
        reporters.has_several_codes or partners.has_several_codes as is_summed,
        flows.product_code,
        flows.product_level,
        flows.hs_revision,
        flows.value_usd,
        case when flows.flow = 'M' then flows.fob_value_usd end as fob_value_usd,
        flows.net_kg,
        flows.is_net_kg_estimated,
        case when flows.quantity_unit is not null then flows.quantity end as quantity,
        flows.quantity_unit,
        flows.is_quantity_estimated
    from {{ ref('stg_comtrade__flows') }} as flows
    inner join parties as reporters
        on reporters.freq = flows.freq
        and reporters.year = extract(year from flows.period)
        and reporters.code = flows.reporter_code
    inner join parties as partners
        on partners.freq = flows.freq
        and partners.year = extract(year from flows.period)
        and partners.code = flows.partner_code
    left join passed_over
        on passed_over.freq = flows.freq
        and passed_over.period = flows.period
        and passed_over.reporter_code = flows.reporter_code
        and passed_over.flow = flows.flow
        and passed_over.product_level = flows.product_level
        and passed_over.revision = {{ as_recorded }}
    where passed_over.freq is null
        and {{ in_parts('flows', 'period_code') }}

),

-- what a country re-exported of its exports, or re-imported
re_traded as (

    select
        freq, period, role, reporter, partner, product_code, hs_revision,
        {{ exact_sum('value_usd') }} as value_usd
    from placed
    where flow in ('RX', 'RM')
    group by freq, period, role, reporter, partner, product_code, hs_revision

),

traded as (

    select
        freq, period, role, reporter, partner, reporter_is_country, partner_is_country,
        product_code, product_level, hs_revision, value_usd, fob_value_usd, net_kg, is_net_kg_estimated, quantity,
        quantity_unit, is_quantity_estimated
    from placed
    where flow in ('X', 'M') and not is_summed
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
    from placed
    where flow in ('X', 'M') and is_summed
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
