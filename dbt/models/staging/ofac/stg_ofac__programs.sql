-- OFAC dates an entry and not its programs: a program has the entry's day where that has only one.
with

programs as (

    {{ last_versions(source('ofac', 'ofac_programs'), 'list, uid, program') }}

),

events as (

    {{ last_versions(source('ofac', 'ofac_listings'), 'list, uid, entryUid, eventUid') }}

),

days as (

    select
        list,
        uid,
        case when count(distinct legalBasis) = 1 then min(legalBasis) end as legal_basis,
        case when count(distinct date) = 1 then min(try_cast(date as date)) end as listed_on
    from events
    group by list, uid

)

select
    'OFAC_' || upper(programs.list) as list_id,
    programs.uid as source_id,
    programs.program,
    days.legal_basis,
    days.listed_on,
    programs.gone_at
from programs
left join days on days.list = programs.list and days.uid = programs.uid
