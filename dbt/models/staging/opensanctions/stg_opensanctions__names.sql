with

listings as (

    select * from {{ ref('stg_opensanctions__listings') }}

),

published as (

    select list_id, source_id, name, 'primary' as name_kind, gone_at from listings
    union all
    select list_id, source_id, unnest(aliases), 'alias', gone_at from listings
    union all
    select list_id, source_id, unnest(json_extract_string(properties, '$.weakAlias[*]')), 'weak_alias', gone_at
    from listings

)

select
    list_id,
    source_id,
    name,
    first(name_kind order by gone_at desc nulls first, name_kind <> 'primary', name_kind) as name_kind,
    {{ gone_with_all() }} as gone_at
from published
where name is not null
group by list_id, source_id, name
