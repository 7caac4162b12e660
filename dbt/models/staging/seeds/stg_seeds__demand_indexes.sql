with

demand_indexes as (

    select * from {{ source('seeds', 'demand_indexes') }}

)

select
    iso3,
    cast(year as integer) as year,
    cast(demand_index as double) as demand_index,
    source
from demand_indexes
