-- What Comtrade publishes now (or published on the day of an as-of build) and is no total of a good by year or month:
-- services, other classifications, parts of totals, codes that are not known. None of it is used as a flow.
with

rows as (

    select
        *,
        {{ excluded_by() }} as excluded_by,
        {{ gone_at() }} as gone_at
    from {{ source('comtrade', 'comtrade_flows') }}
    where {{ was_known() }} and {{ excluded_by() }} is not null

)

select
    freqCode as freq,
    {{ comtrade_period() }} as period,
    period as period_code,
    reporterCode as reporter_code,
    partnerCode as partner_code,
    flowCode as flow,
    cmdCode as product_code,
    {{ hs_revision_of('classificationCode') }} as hs_revision,
    excluded_by,
    case excluded_by
        when 'typeCode' then typeCode
        when 'freqCode' then freqCode
        when 'classificationCode' then classificationCode
        when 'flowCode' then flowCode
        when 'customsCode' then customsCode
        when 'motCode' then motCode
        when 'mosCode' then mosCode
        when 'partner2Code' then partner2Code
        when 'cmdCode' then cmdCode
    end as code,
    cast(primaryValue as double) as value_usd,
    _landing_id as landing_id
from rows
where gone_at is null
