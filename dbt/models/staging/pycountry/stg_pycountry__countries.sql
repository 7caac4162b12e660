with

countries as (

    select * from {{ source('pycountry', 'pycountry_countries') }} where _valid_to is null

)

select
    alpha_3 as iso3,
    alpha_2 as iso2,
    "numeric" as m49,
    name as iso_name,
    coalesce(common_name, name) as name,
    official_name
from countries
