-- The list names the committee and no resolution.
with

entries as (

    select REFERENCE_NUMBER, UN_LIST_TYPE, LISTED_ON, {{ gone_at() }} as gone_at
    from {{ source('un', 'un_entries') }}
    where {{ was_known() }}

)

select
    'UN' as list_id,
    REFERENCE_NUMBER as source_id,
    UN_LIST_TYPE as program,
    cast(null as varchar) as legal_basis,
    min(cast(left(LISTED_ON, 10) as date)) as listed_on,
    {{ gone_with_all() }} as gone_at
from entries
group by REFERENCE_NUMBER, UN_LIST_TYPE
