with

listings as (

    select * from {{ ref('stg_csl__listings') }}

),

published as (

    -- the lists of Commerce are programs themselves and name none
    select *, unnest(coalesce(programs, [short_name])) as program from listings

)

select
    list_id,
    source_id,
    program,
    legal_basis,
    min(listed_on) as listed_on,
    {{ gone_with_all() }} as gone_at
from published
group by list_id, source_id, program, legal_basis
