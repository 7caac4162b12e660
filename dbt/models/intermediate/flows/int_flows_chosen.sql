{{ config(materialized='view') }}
-- What is used of what the sources say: of each flow, the source that speaks for it. A view, since nearly all is used
-- and none of it changed: to write it down again would take longer than all its readers do.
select flows.*
from {{ ref('int_flows_unioned') }} as flows
left join {{ ref('int_flows_outranked') }} as silenced
    on silenced.source_name = flows.source_name
    and silenced.freq = flows.freq
    and silenced.period = flows.period
    and silenced.role = flows.role
    and silenced.reporter = flows.reporter
    and silenced.partner = flows.partner
    and silenced.product_level = flows.product_level
where silenced.freq is null
