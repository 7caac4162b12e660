with

published as (

    select list_id, source_id, name, 'primary' as name_kind, gone_at from {{ ref('stg_csl__listings') }}
    union all
    select list_id, source_id, unnest(aliases) as name, 'alias' as name_kind, gone_at
    from {{ ref('stg_csl__listings') }}

)

select
    list_id,
    source_id,
    name,
    first(name_kind order by gone_at desc nulls first, name_kind desc) as name_kind,
    {{ gone_with_all() }} as gone_at
from published
group by list_id, source_id, name
