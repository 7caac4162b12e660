with

addresses as (

    select * from {{ source('ofac', 'ofac_addresses') }} where {{ known() }}

)

select
    list as list_name,
    uid as source_id,
    addressUid as address_id,
    coalesce(city, cityStateZip) as city,
    country as country_name
from addresses
