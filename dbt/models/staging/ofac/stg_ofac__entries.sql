-- The dates of listing are in four places: the advanced XML has the day of every entry on a list; the XML has some among
-- its identifiers ("Listing Date (EO 14024 Directive 2):" with "24 Feb 2022"), the legacy files in remarks, or in their
-- comments where a remark goes on.
with

entries as (

    {{ last_versions(source('ofac', 'ofac_entries'), 'list, uid') }}

),

identifiers as (

    {{ last_versions(source('ofac', 'ofac_identifiers'), 'list, uid, idUid') }}

),

comments as (

    {{ last_versions(source('ofac', 'ofac_comments'), 'list, uid, part') }}

),

events as (

    {{ last_versions(source('ofac', 'ofac_listings'), 'list, uid, entryUid, eventUid') }}

),

dates as (

    select list, uid, try_cast(date as date) as listed_on from events
    union all
    select list, uid, {{ listing_date_in('remarks') }} as listed_on from entries
    union all
    select list, uid, {{ listing_date_in('remarks') }} as listed_on from comments
    union all
    select list, uid, cast(try_strptime(idNumber, '%d %b %Y') as date) as listed_on
    from identifiers
    where idType like 'Listing Date%'

),

listings as (

    select list, uid, min(listed_on) as listed_on from dates group by list, uid

)

select
    'OFAC_' || upper(entries.list) as list_id,
    entries.uid as source_id,
    coalesce(entries.sdnName, concat_ws(', ', entries.lastName, entries.firstName)) as name,
    case lower(coalesce(entries.sdnType, 'entity'))
        when 'individual' then 'person'
        when 'vessel' then 'vessel'
        when 'aircraft' then 'aircraft'
        else 'entity'
    end as kind,
    listings.listed_on,
    entries.remarks,
    entries.first_seen_at,
    entries.gone_at
from entries
left join listings on listings.list = entries.list and listings.uid = entries.uid
