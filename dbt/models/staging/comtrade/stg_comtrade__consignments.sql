-- Imports by origin and by the country they were consigned from (the second partner), of reporters that give both:
-- what Comtrade publishes now, or published on the day of an as-of build. Parts of the totals in stg_comtrade__flows.
with

flows as (

    select
        *,
        {{ gone_at() }} as gone_at
    from {{ source('comtrade', 'comtrade_flows') }}
    where {{ was_known() }}
        and typeCode = 'C'
        and freqCode in ('A', 'M')
        and flowCode = 'M'
        and customsCode = 'C00'
        and motCode = '0'
        and partnerCode <> '0'
        and partner2Code <> '0'
        and coalesce(mosCode, '0') = '0'
        and {{ is_hs('classificationCode') }}
        -- a row without a valid code was rejected (the rule `coded`); AG2, AG4 and AG6 stand for all codes of a level
        and (length(cmdCode) in (2, 4, 6) or cmdCode = 'TOTAL')

)

select
    freqCode as freq,
    case
        when freqCode = 'A' then make_date(cast(period as integer), 1, 1)
        else cast(strptime(period || '01', '%Y%m%d') as date)
    end as period,
    period as period_code,
    reporterCode as reporter_code,
    partnerCode as origin_code,
    partner2Code as consignment_code,
    cmdCode as product_code,
    {{ hs_revision_of('classificationCode') }} as hs_revision,
    cast(primaryValue as double) as value_usd
from flows
where gone_at is null
