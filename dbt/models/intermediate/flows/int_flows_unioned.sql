{{ config(materialized='view') }}
-- What every source reports, side by side. Two sources that report one flow are never added: int_reports_ranked
-- decides which is used.
{% set columns %}
    source_name, freq, period, role, reporter, partner, reporter_is_country, partner_is_country,
    product_code, product_level, hs_revision, value_usd, re_traded_value_usd, published_fob_value_usd,
    net_kg, is_net_kg_estimated, quantity, quantity_unit, is_quantity_estimated
{% endset %}
select {{ columns }} from {{ ref('int_comtrade_flows_placed') }}
union all
select {{ columns }} from {{ ref('int_national_flows_placed') }}
union all
select {{ columns }} from {{ ref('int_own_flows_placed') }}
where unused_because is null
union all
select {{ columns }} from {{ ref('int_customs_flows_placed') }}
where unused_because is null
union all
-- without a value where no rate brings its euro to dollars
select {{ columns }} from {{ ref('int_eurostat_flows_placed') }}
