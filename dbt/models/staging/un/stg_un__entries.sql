with

entries as (

    {{ last_versions(source('un', 'un_entries'), 'REFERENCE_NUMBER') }}

)

select
    'UN' as list_id,
    REFERENCE_NUMBER as source_id,
    nullif(concat_ws(' ', FIRST_NAME, SECOND_NAME, THIRD_NAME, FOURTH_NAME), '') as name,
    case RECORD when 'INDIVIDUAL' then 'person' else 'entity' end as kind,
    cast(left(LISTED_ON, 10) as date) as listed_on, -- some days carry New York's offset: 2012-12-31-05:00
    COMMENTS1 as remarks,
    first_seen_at,
    gone_at
from entries
