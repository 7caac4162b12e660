with

identifiers as (

    select * from {{ source('ofac', 'ofac_identifiers') }} where {{ known() }}

)

select
    list as list_name,
    uid as source_id,
    idUid as identifier_id,
    idType as identifier_type,
    idNumber as identifier,
    idCountry as country_name,
    -- "Listing Date (EO 14024 Directive 2):" with "24 Feb 2022": the only dates of listing OFAC's files hold
    case
        when idType like 'Listing Date%' then cast(try_strptime(idNumber, '%d %b %Y') as date)
    end as listed_on
from identifiers
