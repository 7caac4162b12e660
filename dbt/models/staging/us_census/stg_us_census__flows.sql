-- Exports and imports of the United States as the Bureau adds them up, in dollars. Codes of ten digits are the Bureau's own
-- and are left out; all groups of countries have one code.
with

reported as (

    select
        'export' as role, time, CTY_CODE, E_COMMODITY as code,
        ALL_VAL_MO as value_usd, cast(null as varchar) as customs_value_usd, _landing_id
    from {{ source('us_census', 'us_census_exports') }}
    where {{ known() }}
    union all
    select
        'import' as role, time, CTY_CODE, I_COMMODITY as code,
        GEN_CIF_MO as value_usd, GEN_VAL_MO as customs_value_usd, _landing_id
    from {{ source('us_census', 'us_census_imports') }}
    where {{ known() }}

)

select
    cast(time || '-01' as date) as period,
    role,
    case when left(CTY_CODE, 1) = '0' or contains(CTY_CODE, 'X') then '0XXX' else CTY_CODE end as partner_code,
    CTY_CODE as area_code,
    case when code = '-' then 'TOTAL' else code end as product_code,
    cast(case when code = '-' then 0 else length(code) end as integer) as product_level,

    cast(value_usd as double) as value_usd,
    cast(customs_value_usd as double) as customs_value_usd,

    _landing_id as landing_id
from reported
