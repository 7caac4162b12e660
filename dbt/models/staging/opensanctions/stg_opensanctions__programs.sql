with

listings as (

    select * from {{ ref('stg_opensanctions__listings') }}

),

sanctions as (

    select
        json_extract_string(properties, '$.entity[*]') as source_ids,
        json_extract_string(properties, '$.programId[0]') as program_id,
        json_extract_string(properties, '$.program[0]') as program,
        json_extract_string(properties, '$.authority[0]') as authority,
        try_cast(json_extract_string(properties, '$.startDate[0]') as date) as listed_on,
        {{ gone_at() }} as gone_at
    from {{ source('opensanctions', 'opensanctions_entities') }}
    where {{ was_known() }} and schema = 'Sanction'

),

published as (

    select source_id, unnest(programs) as program, null as legal_basis, null as listed_on, gone_at from listings
    union all
    select
        unnest(source_ids) as source_id,
        coalesce(program_id, program, authority) as program,
        coalesce(program, authority) as legal_basis,
        listed_on,
        gone_at
    from sanctions

)

select
    'OPENSANCTIONS' as list_id,
    source_id,
    program,
    legal_basis,
    min(listed_on) as listed_on,
    {{ gone_with_all() }} as gone_at
from published
where program is not null and source_id in (select source_id from listings)
group by source_id, program, legal_basis
