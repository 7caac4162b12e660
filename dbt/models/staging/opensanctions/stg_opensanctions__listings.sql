-- Every version of every entity that was under a sanction, from either layout.
-- One that is merely linked to one, or is a politician, is in the same files and is not listed.
with

targets as (

    select *, {{ gone_at() }} as gone_at
    from {{ source('opensanctions', 'opensanctions_targets') }}
    where {{ was_known() }} and sanctions is not null

),

entities as (

    select *, {{ gone_at() }} as gone_at
    from {{ source('opensanctions', 'opensanctions_entities') }}
    where {{ was_known() }} and json_contains(json_extract(properties, '$.topics'), '"sanction"')

),

published as (

    select
        id, schema, name, dataset as datasets, sanctions as remarks,
        {{ packed_line('aliases') }} as aliases,
        {{ packed_line('countries') }} as countries,
        {{ packed_line('identifiers') }} as identifiers,
        {{ packed_line('program_ids') }} as programs,
        cast(null as varchar) as properties,
        export, _valid_from, gone_at
    from targets
    union all
    select
        id, schema, caption, array_to_string(json_extract_string(datasets, '$[*]'), ';'),
        nullif(array_to_string(json_extract_string(properties, '$.notes[*]'), '; '), ''),
        list_concat(
            json_extract_string(properties, '$.name[*]'),
            list_concat(
                json_extract_string(properties, '$.alias[*]'), json_extract_string(properties, '$.previousName[*]')
            )
        ),
        null, null, null,
        properties,
        export, _valid_from, gone_at
    from entities

)

select
    'OPENSANCTIONS' as list_id,
    id as source_id,
    name,
    case schema
        when 'Person' then 'person'
        when 'Vessel' then 'vessel'
        when 'Airplane' then 'aircraft'
        else 'entity'
    end as kind,
    datasets,
    remarks,
    aliases,
    countries,
    identifiers,
    programs,
    properties,
    export,
    _valid_from,
    gone_at
from published
