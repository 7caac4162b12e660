with

entries as (

    {{ last_versions(source('eu', 'eu_entries'), 'logicalId') }}

),

listings as (

    select
        source_id,
        min(listed_on) as listed_on,
        string_agg(remarks, '; ' order by program) as remarks
    from {{ ref('stg_eu__programs') }}
    group by source_id

),

names as (

    select source_id, name from {{ ref('stg_eu__names') }} where name_kind = 'primary'

)

select
    'EU' as list_id,
    entries.logicalId as source_id,
    names.name,
    case entries.classificationCode when 'P' then 'person' else 'entity' end as kind,
    listings.listed_on,
    listings.remarks,
    entries.euReferenceNumber as reference_number,
    entries.first_seen_at,
    entries.gone_at
from entries
left join names on names.source_id = entries.logicalId
left join listings on listings.source_id = entries.logicalId
