{{ config(materialized='table', event_time='') }}  -- whether a part's total is loaded is known of all years
-- Why a row of Comtrade is no flow, in words, and whether anything is lost by it: parts of a total that is loaded are in
-- the total, and one without its total is in nothing. A code that stands in none of the publisher's lists is unknown.
{% set is_part = "excluded_rows.excluded_by in ('flowCode', 'customsCode', 'motCode', 'mosCode', 'partner2Code')" %}
with

excluded_rows as (

    select * from {{ ref('stg_comtrade__excluded_rows') }}

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
    from excluded_rows
    where excluded_by = 'cmdCode'

)

select
    excluded_rows.landing_id,
    excluded_rows.freq,
    excluded_rows.period,
    excluded_rows.period_code,
    excluded_rows.reporter_code,
    excluded_rows.partner_code,
    excluded_rows.flow,
    excluded_rows.product_code,
    excluded_rows.hs_revision,
    excluded_rows.excluded_by,
    excluded_rows.code,
    codes.code is not null as is_known_code,
    {{ is_part }} as is_part,
    coalesce({{ is_part }} and codes.code is not null and totals.reporter_code is not null, false) as is_in_total,
    case
        when codes.code is null and excluded_rows.excluded_by = 'classificationCode'
            and excluded_rows.code like 'H_' then 'a revision of the HS that is not known here'
        when codes.code is null then 'an unknown ' || excluded_rows.excluded_by
        when not {{ is_part }} then codes.label
        else 'rows by ' || case excluded_rows.excluded_by
            when 'flowCode' then 'trade regime'
            when 'customsCode' then 'customs procedure'
            when 'motCode' then 'mode of transport'
            when 'mosCode' then 'mode of supply'
            else 'second partner'
        end || case when totals.reporter_code is null then ' whose total is not there' else ', parts of totals that are loaded' end
    end as reason
from excluded_rows
left join codes
    on codes.list = excluded_rows.excluded_by
    and codes.code = excluded_rows.code
left join {{ ref('stg_comtrade__flows') }} as totals
    on totals.freq = excluded_rows.freq
    and totals.period_code = excluded_rows.period_code
    and totals.reporter_code = excluded_rows.reporter_code
    and totals.partner_code = excluded_rows.partner_code
    and totals.flow = case
        when excluded_rows.flow in ('DX', 'XIP', 'XOP') then 'X'
        when excluded_rows.flow in ('FM', 'MIP', 'MOP') then 'M'
        else excluded_rows.flow
    end
    and totals.product_code = excluded_rows.product_code
    and totals.hs_revision = excluded_rows.hs_revision
