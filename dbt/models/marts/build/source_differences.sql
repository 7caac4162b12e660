-- Where two sources report one flow: what the one that is used reports, and what the other does. They are never added; a
-- difference of more than two per cent is a question to both.
with

-- flows of sources that another one outranks: few or none
outranked as (

    select flows.*
    from {{ ref('int_flows_unioned') }} as flows
    inner join {{ ref('int_reports_ranked') }} as reports
        on reports.source_name = flows.source_name
        and reports.freq = flows.freq
        and reports.period = flows.period
        and reports.role = flows.role
        and reports.reporter = flows.reporter
        and reports.partner = flows.partner
        and reports.product_level = flows.product_level
        and reports.hs_revision = flows.hs_revision
        and not reports.is_used
    where flows.value_usd is not null

),

chosen as (

    select * from {{ ref('int_flows_chosen') }}

)

select
    chosen.freq,
    chosen.period,
    chosen.role,
    chosen.reporter as reporter_iso3,
    chosen.partner as partner_iso3,
    chosen.product_code,
    chosen.hs_revision,
    chosen.source_name,
    outranked.source_name as other_source_name,
    chosen.value_usd,
    outranked.value_usd as other_value_usd,
    outranked.value_usd - chosen.value_usd as difference_usd,
    (outranked.value_usd - chosen.value_usd) / nullif(chosen.value_usd, 0) as difference_share,
    coalesce(
        abs(outranked.value_usd - chosen.value_usd) > {{ var('source_difference_share') }} * abs(chosen.value_usd), false
    ) as is_beyond_tolerance
from chosen
inner join outranked
    on outranked.freq = chosen.freq
    and outranked.period = chosen.period
    and outranked.role = chosen.role
    and outranked.reporter = chosen.reporter
    and outranked.partner = chosen.partner
    and outranked.product_code = chosen.product_code
    and outranked.hs_revision = chosen.hs_revision
where chosen.reporter_is_country and chosen.partner_is_country
