-- Comtrade's flows at the grain all sources share: who recorded which flow with whom, of what, when.
-- Re-exports are part of exports (and re-imports of imports): they stand beside, and are not added.
-- The world and blocs are sums of others and have no row.
with

flows as (

    select * from {{ ref('stg_comtrade__flows') }}

),

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
        max(case when is_original_classification then '1' else '0' end || hs_revision) as preferred
    from flows
    group by freq, period, reporter_code, flow, product_level

),

chosen as (

    select
        flows.*,
        reporters.party as reporter,
        reporters.is_country as reporter_is_country,
        partners.party as partner,
        partners.is_country as partner_is_country
    from flows
    inner join revisions
        on revisions.freq = flows.freq
        and revisions.period = flows.period
        and revisions.reporter_code = flows.reporter_code
        and revisions.flow = flows.flow
        and revisions.product_level = flows.product_level
        and revisions.preferred
            = case when flows.is_original_classification then '1' else '0' end || flows.hs_revision
    inner join country_codes as reporters on reporters.code = flows.reporter_code
    inner join country_codes as partners on partners.code = flows.partner_code
    where reporters.kind not in ('world', 'bloc')
        and partners.kind not in ('world', 'bloc')

)

select
    'comtrade' as source_name,
    freq,
    period,
    case when flow in ('X', 'RX') then 'export' else 'import' end as role,
    reporter,
    partner,
    reporter_is_country,
    partner_is_country,
    product_code,
    product_level,
    hs_revision,

    {{ exact_sum('value_usd', "flow in ('X', 'M')") }} as value_usd,
    {{ exact_sum('value_usd', "flow in ('RX', 'RM')") }} as re_traded_value_usd,
    -- the FOB value of the cell is known when it is known of all its parts
    case
        when count(fob_value_usd) filter (where flow = 'M') = count(*) filter (where flow = 'M')
            then {{ exact_sum('fob_value_usd', "flow = 'M'") }}
    end as published_fob_value_usd,
    {{ exact_sum('net_kg', "flow in ('X', 'M')") }} as net_kg,
    count(*) filter (where is_net_kg_estimated and flow in ('X', 'M')) > 0 as is_net_kg_estimated,
    case
        when count(distinct quantity_unit) filter (where flow in ('X', 'M')) = 1
            then {{ exact_sum('quantity', "flow in ('X', 'M')") }}
    end as quantity,
    case
        when count(distinct quantity_unit) filter (where flow in ('X', 'M')) = 1
            then max(quantity_unit) filter (where flow in ('X', 'M'))
    end as quantity_unit,
    count(*) filter (where is_quantity_estimated and flow in ('X', 'M')) > 0 as is_quantity_estimated
from chosen
where flow in ('X', 'M', 'RX', 'RM')
group by
    freq, period, case when flow in ('X', 'RX') then 'export' else 'import' end, reporter, partner,
    reporter_is_country, partner_is_country, product_code, product_level, hs_revision
having {{ exact_sum('value_usd', "flow in ('X', 'M')") }} is not null
