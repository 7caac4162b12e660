{{ config(materialized='parted') }}
-- What Comtrade has of whom, without the goods: of each reporter, flow and partner, which levels in which revision. A
-- level of a reporter's period may come in the revision it was recorded in and in converted ones: one is used.
{% set as_recorded = "case when is_original_classification then '1' else '0' end || hs_revision" %}
with

levels as (

    select
        freq,
        period,
        reporter_code,
        partner_code,
        flow,
        product_level,
        is_original_classification,
        hs_revision,
        count(*) as cells
    from {{ ref('stg_comtrade__flows') }} as flows
    where {{ in_parts('flows', 'period_code') }}
    group by
        freq, period, reporter_code, partner_code, flow, product_level, is_original_classification, hs_revision

)

select
    *,
    {{ as_recorded }} = max({{ as_recorded }}) over (partition by freq, period, reporter_code, flow, product_level)
        as is_used
from levels
