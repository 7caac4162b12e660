with

designations as (

    {{ last_versions(source('uk', 'uk_designations'), 'UniqueID') }}

),

-- the primary name that is there now; for what is gone, the last one
names as (

    select
        source_id,
        first(name order by gone_at desc nulls first, name_kind <> 'primary', name_kind = 'weak_alias', name) as name
    from {{ ref('stg_uk__names') }}
    group by source_id

)

select
    'UK' as list_id,
    designations.UniqueID as source_id,
    coalesce(names.name, designations.UniqueID) as name, -- the list has names without a single part
    case lower(designations.IndividualEntityShip)
        when 'individual' then 'person'
        when 'ship' then 'vessel'
        else 'entity'
    end as kind,
    cast(try_strptime(designations.DateDesignated, '%d/%m/%Y') as date) as listed_on,
    designations.OtherInformation as remarks,
    designations.UKStatementofReasons as reasons,
    designations.SanctionsImposed as measures,
    designations.DesignationSource as designated_by,
    designations.first_seen_at,
    designations.gone_at
from designations
left join names on names.source_id = designations.UniqueID
