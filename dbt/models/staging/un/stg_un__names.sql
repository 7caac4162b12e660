-- In the UN's list a person's alias is good or low, an entity's is a.k.a. or f.k.a.
-- A principal name that the UN has since replaced is an alias.
with

names as (

    select source_id, name, 1 as strength, gone_at from {{ ref('stg_un__entries') }}
    union all
    select
        REFERENCE_NUMBER,
        nullif(concat_ws(' ', FIRST_NAME, SECOND_NAME, THIRD_NAME, FOURTH_NAME), ''),
        2,
        {{ gone_at() }}
    from {{ source('un', 'un_entries') }}
    where {{ was_known() }}
    union all
    select REFERENCE_NUMBER, NAME_ORIGINAL_SCRIPT, 2, {{ gone_at() }}
    from {{ source('un', 'un_entries') }}
    where {{ was_known() }}
    union all
    select REFERENCE_NUMBER, ALIAS_NAME, case QUALITY when 'Low' then 3 else 2 end, {{ gone_at() }}
    from {{ source('un', 'un_aliases') }}
    where {{ was_known() }}

)

select
    'UN' as list_id,
    source_id,
    name,
    case min(strength) when 1 then 'primary' when 2 then 'alias' else 'weak_alias' end as name_kind,
    {{ gone_with_all() }} as gone_at
from names
where name is not null
group by source_id, name
