-- Where two sources speak of one flow: what the one that was chosen says, and what the other says. They are
-- never added; a difference of more than two per cent is a question to both.
with

-- what the sources say that do not speak for a flow: little or nothing
flows as (

    select unioned.*
    from {{ ref('int_flows_unioned') }} as unioned
    inner join {{ ref('int_flows_outranked') }} as silenced
        on silenced.source_name = unioned.source_name
        and silenced.freq = unioned.freq
        and silenced.period = unioned.period
        and silenced.role = unioned.role
        and silenced.reporter = unioned.reporter
        and silenced.partner = unioned.partner
        and silenced.product_level = unioned.product_level

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
    flows.source_name as other_source_name,
    chosen.value_usd,
    flows.value_usd as other_value_usd,
    flows.value_usd - chosen.value_usd as difference_usd,
    (flows.value_usd - chosen.value_usd) / nullif(chosen.value_usd, 0) as difference_share,
    coalesce(
        abs(flows.value_usd - chosen.value_usd) > {{ var('source_difference_share') }} * abs(chosen.value_usd), false
    ) as is_beyond_tolerance
from chosen
inner join flows
    on flows.freq = chosen.freq
    and flows.period = chosen.period
    and flows.role = chosen.role
    and flows.reporter = chosen.reporter
    and flows.partner = chosen.partner
    and flows.product_code = chosen.product_code
    and flows.hs_revision = chosen.hs_revision
where chosen.reporter_is_country and chosen.partner_is_country
