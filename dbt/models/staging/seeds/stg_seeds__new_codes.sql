with

new_codes as (

    select * from {{ source('seeds', 'new_codes') }}

)

select
    hs_revision,
    product_code,
    source
from new_codes
