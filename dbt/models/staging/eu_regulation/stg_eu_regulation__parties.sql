-- An entity or bank of annexes IV and XLV in the last version that has it, and since when a version lacks it. An entry is
-- known by its number, which stays where others are deleted; without one by its name. A version of whose annex no party
-- was read (a gate warns of it) delists nobody.
with

parties as (

    select
        *,
        annex || ' ' || coalesce(number, lower(name)) as source_id,
        cast(version as timestamp) as version_at
    from {{ source('eu_regulation', 'eu_regulation_parties') }}
    where {{ known() }}

),

dates as (

    select distinct annex, version_at from parties

),

versions as (

    select annex, version_at, lead(version_at) over (partition by annex order by version_at) as next_version_at from dates

)

select
    'EU_833_2014_' || parties.annex as list_id,
    parties.source_id,
    parties.annex,
    parties.part,
    parties.name,
    parties.aliases,
    parties.information,
    nullif(parties.country, '') as country_iso3,
    try_cast(parties.listed_on as date) as listed_on,
    min(parties.version_at) over (partition by parties.source_id) as first_seen_at,
    versions.next_version_at as gone_at
from parties
inner join versions
    on versions.annex = parties.annex
    and versions.version_at = parties.version_at
qualify row_number() over (
    partition by parties.source_id order by parties.version_at desc, parties.listed_on nulls last, parties.place
) = 1
