with

downloads as (

    select * from {{ source('eurostat', 'eurostat_downloads') }} where {{ known() }}

)

select
    cast(strptime(month || '01', '%Y%m%d') as date) as period,
    case flow_code when '1' then 'import' when '2' then 'export' end as role,
    reporter_label,
    partner_label,
    product_code,
    cast(case when product_code = 'TOTAL' then 0 else length(product_code) end as integer) as product_level,

    cast(VALUE_IN_EUR as double) as value_eur,

    _landing_id as landing_id
from downloads
