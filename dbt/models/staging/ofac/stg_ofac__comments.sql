with

comments as (

    select * from {{ source('ofac', 'ofac_comments') }} where {{ known() }}

)

select
    list as list_name,
    uid as source_id,
    cast(part as integer) as part,
    remarks,
    {{ listing_date_in('remarks') }} as listed_on
from comments
