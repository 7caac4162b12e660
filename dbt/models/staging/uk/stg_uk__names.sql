with

names as (

    {{ last_versions(
        source('uk', 'uk_names'), 'UniqueID, Name1, Name2, Name3, Name4, Name5, Name6, NameType'
    ) }}

),

details as (

    {{ last_versions(source('uk', 'uk_details'), 'UniqueID, element, value, addition') }}

),

published as (

    select
        UniqueID as source_id,
        concat_ws(' ', Name1, Name2, Name3, Name4, Name5, Name6) as name,
        case
            -- a variation of the primary name is a spelling of it, and one more name here
            when coalesce(lower(NameType), 'primary name') = 'primary name' then 'primary'
            when lower(AliasStrength) like 'low quality%' then 'weak_alias'
            else 'alias'
        end as name_kind,
        gone_at
    from names
    union all
    select UniqueID as source_id, value as name, 'alias' as name_kind, gone_at
    from details
    where element = 'NameNonLatinScript' and value is not null

)

select
    'UK' as list_id,
    source_id,
    name,
    -- a name that is written twice counts as the stronger
    first(name_kind order by gone_at desc nulls first, name_kind <> 'primary', name_kind) as name_kind,
    {{ gone_with_all() }} as gone_at
from published
group by source_id, name
