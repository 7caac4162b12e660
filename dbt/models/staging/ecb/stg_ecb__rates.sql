with

rates as (

    select * from {{ source('ecb', 'ecb_rates') }} where {{ known() }} and CURRENCY_DENOM = 'EUR'

)

select
    FREQ as freq,
    CURRENCY as currency,
    case
        when FREQ = 'D' then cast(TIME_PERIOD as date)
        else cast(TIME_PERIOD || '-01' as date)
    end as period,
    cast(OBS_VALUE as double) as units_per_eur
from rates
