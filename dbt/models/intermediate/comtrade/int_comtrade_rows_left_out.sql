{{ config(materialized='table', event_time='') }}  -- whether a part's total is loaded is known of all years
-- Why a row of Comtrade is no flow, in words, and whether anything is lost by it: parts of a total that is loaded are in
-- the total, and one without its total is in nothing. A code that stands in none of the publisher's lists is unknown.
{% set is_part = "rows_left_out.left_out_by in ('flowCode', 'customsCode', 'motCode', 'mosCode', 'partner2Code')" %}
with

rows_left_out as (

    select * from {{ ref('stg_comtrade__rows_left_out') }}

),

codes as (

    select list, code, label from {{ ref('stg_seeds__comtrade_codes') }}
    union all
    select 'partner2Code' as list, code, 'second partners' as label
    from {{ ref('int_country_codes_resolved') }}
    where publisher = 'comtrade'
    union all
    -- AG2, AG4 and AG6 are no products
    select distinct 'cmdCode' as list, code, 'all codes of a level together' as label
    from rows_left_out
    where left_out_by = 'cmdCode'

)

select
    rows_left_out.landing_id,
    rows_left_out.freq,
    rows_left_out.period,
    rows_left_out.period_code,
    rows_left_out.reporter_code,
    rows_left_out.partner_code,
    rows_left_out.flow,
    rows_left_out.product_code,
    rows_left_out.hs_revision,
    rows_left_out.left_out_by,
    rows_left_out.code,
    codes.code is not null as is_known_code,
    {{ is_part }} as is_part,
    coalesce({{ is_part }} and codes.code is not null and totals.reporter_code is not null, false) as is_in_total,
    case
        when codes.code is null and rows_left_out.left_out_by = 'classificationCode'
            and rows_left_out.code like 'H_' then 'a revision of the HS that is not known here'
        when codes.code is null then 'an unknown ' || rows_left_out.left_out_by
        when not {{ is_part }} then codes.label
        else 'rows by ' || case rows_left_out.left_out_by
            when 'flowCode' then 'trade regime'
            when 'customsCode' then 'customs procedure'
            when 'motCode' then 'mode of transport'
            when 'mosCode' then 'mode of supply'
            else 'second partner'
        end || case when totals.reporter_code is null then ' whose total is not there' else ', parts of totals that are loaded' end
    end as reason
from rows_left_out
left join codes
    on codes.list = rows_left_out.left_out_by
    and codes.code = rows_left_out.code
left join {{ ref('stg_comtrade__flows') }} as totals
    on totals.freq = rows_left_out.freq
    and totals.period_code = rows_left_out.period_code
    and totals.reporter_code = rows_left_out.reporter_code
    and totals.partner_code = rows_left_out.partner_code
    and totals.flow = case
        when rows_left_out.flow in ('DX', 'XIP', 'XOP') then 'X'
        when rows_left_out.flow in ('FM', 'MIP', 'MOP') then 'M'
        else rows_left_out.flow
    end
    and totals.product_code = rows_left_out.product_code
    and totals.hs_revision = rows_left_out.hs_revision
