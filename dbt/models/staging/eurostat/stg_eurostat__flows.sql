-- Rename, cast, and mark what a product code can be trusted for. A hidden product keeps the digits that are
-- known (39XXXXXX: the chapter). Chapters 98 and 99 hold what has no code of its own, so no heading is read
-- from them.
with

flows as (

    select
        *,
        length(regexp_extract(PRODUCT_NC, '^[0-9]*')) as digits,
        left(PRODUCT_NC, 2) not in ('00', '98', '99') as is_ordinary_chapter
    from {{ source('eurostat', 'eurostat_flows') }}
    where {{ known() }}

)

select
    cast(strptime(PERIOD || '01', '%Y%m%d') as date) as period,
    case FLOW when '1' then 'import' when '2' then 'export' end as role,
    REPORTER as reporter_code,
    PARTNER as partner_code,
    TRADE_TYPE as trade_type,
    STAT_PROCEDURE as procedure_code,
    PRODUCT_NC as cn_code,
    PRODUCT_NC = 'TOTAL' as is_total,
    case when digits >= 2 and left(PRODUCT_NC, 2) <> '00' then left(PRODUCT_NC, 2) end as chapter,
    case when digits >= 4 and is_ordinary_chapter then left(PRODUCT_NC, 4) end as hs4_code,
    case when digits >= 6 and is_ordinary_chapter then left(PRODUCT_NC, 6) end as hs6_code,

    cast(VALUE_EUR as double) as value_eur,
    cast(QUANTITY_KG as double) as net_kg,
    case when SUPPL_UNIT <> 'NO_SU' then cast(QUANTITY_SUPPL_UNIT as double) end as quantity,
    nullif(SUPPL_UNIT, 'NO_SU') as quantity_unit,

    _landing_id as landing_id
from flows
