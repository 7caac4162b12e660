-- The file marks no principal name. It is the one the regulation describes (with a function), in Latin
-- letters and in English or no language in particular; of several, the one that was entered first.
with

names as (

    select
        entityLogicalId as source_id,
        coalesce(wholeName, nullif(concat_ws(' ', firstName, middleName, lastName), '')) as name,
        coalesce(strong, 'true') = 'true' as is_strong,
        coalesce(nameLanguage, 'EN') = 'EN' as is_english,
        function is not null as is_described,
        cast(logicalId as bigint) as name_number,
        {{ gone_at() }} as gone_at
    from {{ source('eu', 'eu_names') }}
    where {{ was_known() }}

),

preferred as (

    select
        *,
        row_number() over (
            partition by source_id
            order by
                gone_at is not null,
                gone_at desc,
                is_strong and is_english and regexp_matches(name, '[A-Za-z]') desc,
                is_described desc,
                name_number
        ) as preference
    from names
    where name is not null

)

select
    'EU' as list_id,
    source_id,
    name,
    case when min(preference) = 1 then 'primary' when bool_or(is_strong) then 'alias' else 'weak_alias' end
        as name_kind,
    {{ gone_with_all() }} as gone_at
from preferred
group by source_id, name
