{# What int_comtrade_flows_placed is made of: Comtrade's rows of some flows, with the parties that the codes on both
   sides stand for. `reporters` and `partners` is SQL about those; superseded holds the levels that are not used. #}
{% macro placed_comtrade_flows(flows, reporters='true', partners='true') %}
    select
        flows.freq,
        flows.period,
        case when flows.flow in ('X', 'RX') then 'export' else 'import' end as role,
        reporters.party as reporter,
        partners.party as partner,
        reporters.is_country as reporter_is_country,
        partners.is_country as partner_is_country,
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
    inner join {{ ref('int_comtrade_codes_placed') }} as reporters
        on reporters.freq = flows.freq
        and reporters.period = flows.period
        and reporters.code = flows.reporter_code
        and {{ reporters }}
    inner join {{ ref('int_comtrade_codes_placed') }} as partners
        on partners.freq = flows.freq
        and partners.period = flows.period
        and partners.code = flows.partner_code
        and {{ partners }}
    left join superseded
        on superseded.freq = flows.freq
        and superseded.period = flows.period
        and superseded.reporter_code = flows.reporter_code
        and superseded.flow = flows.flow
        and superseded.product_level = flows.product_level
        and superseded.is_original_classification = flows.is_original_classification
        and superseded.hs_revision = flows.hs_revision
    where superseded.freq is null
        and flows.flow in {{ flows }}
{% endmacro %}
