{{ config(materialized='view') }}
-- The flows that are used: each from the source that is ranked first for it. A view, since nearly all are used and none
-- is changed.
select flows.*
from {{ ref('int_flows_unioned') }} as flows
left join {{ ref('int_reports_ranked') }} as reports
    on reports.source_name = flows.source_name
    and reports.freq = flows.freq
    and reports.period = flows.period
    and reports.role = flows.role
    and reports.reporter = flows.reporter
    and reports.partner = flows.partner
    and reports.product_level = flows.product_level
    and reports.hs_revision = flows.hs_revision
    and not reports.is_used
where reports.source_name is null
