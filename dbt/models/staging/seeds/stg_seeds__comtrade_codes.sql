with

comtrade_codes as (

    select * from {{ source('seeds', 'comtrade_codes') }}

)

select
    list,
    code,
    label,
    source
from comtrade_codes
