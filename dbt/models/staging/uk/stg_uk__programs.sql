with

designations as (

    select *, {{ gone_at() }} as gone_at
    from {{ source('uk', 'uk_designations') }}
    where {{ was_known() }}

)

select
    'UK' as list_id,
    UniqueID as source_id,
    RegimeName as program,
    RegimeName as legal_basis, -- the list names a regime by its regulations
    min(cast(try_strptime(DateDesignated, '%d/%m/%Y') as date)) as listed_on,
    {{ gone_with_all() }} as gone_at
from designations
where RegimeName is not null
group by UniqueID, RegimeName
