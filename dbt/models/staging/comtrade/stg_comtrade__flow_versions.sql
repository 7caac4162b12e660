-- Every version of every figure, known now or earlier. Rename, cast, and leave out what Comtrade marks as a
-- part of a total (customs procedure, transport, second partner, mode of supply), services, quarters, and
-- classifications other than the HS: they are in stg_comtrade__excluded_rows.
with

flows as (

    select * from {{ source('comtrade', 'comtrade_flows') }}
    where {{ was_known() }} and {{ excluded_by() }} is null

)

select
    freqCode as freq,
    {{ comtrade_period() }} as period,
    period as period_code,
    reporterCode as reporter_code,
    partnerCode as partner_code,
    flowCode as flow,
    cmdCode as product_code,
    cast(case when cmdCode = 'TOTAL' then 0 else length(cmdCode) end as integer) as product_level,
    {{ hs_revision_of('classificationCode') }} as hs_revision,
    coalesce(lower(isOriginalClassification) in ('1', 'true'), false) as is_original_classification,
    cmdDesc as product_name,

    cast(primaryValue as double) as value_usd,
    -- Comtrade has 0 for "not given" here
    nullif(cast(cifvalue as double), 0) as cif_value_usd,
    nullif(cast(fobvalue as double), 0) as fob_value_usd,
    nullif(cast(netWgt as double), 0) as net_kg,
    coalesce(lower(isNetWgtEstimated) in ('1', 'true'), false) as is_net_kg_estimated,
    nullif(cast(qty as double), 0) as quantity,
    nullif(qtyUnitAbbr, 'N/A') as quantity_unit,
    coalesce(lower(isQtyEstimated) in ('1', 'true'), false) as is_quantity_estimated,

    _valid_from as valid_from,
    {{ gone_at() }} as gone_at,
    _landing_id as landing_id
from flows
