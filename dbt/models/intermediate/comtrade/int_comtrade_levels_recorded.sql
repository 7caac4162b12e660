-- What Comtrade has of whom, without the goods: of each reporter, flow and partner, which levels in which revision.
select distinct
    freq,
    period,
    reporter_code,
    partner_code,
    flow,
    product_level,
    is_original_classification,
    hs_revision
from {{ ref('stg_comtrade__flows') }} as flows
