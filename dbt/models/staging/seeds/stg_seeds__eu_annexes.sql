with

eu_annexes as (

    select * from {{ source('seeds', 'eu_annexes') }}

)

select annex, list_id, title, article, measure, destination, source from eu_annexes
