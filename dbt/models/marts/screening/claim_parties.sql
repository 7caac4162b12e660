-- Which listed parties a statement about lists is about: by a country that they are tied to, by their name, or by both.
-- `claims` counts these.
with

rules as (

    select * from {{ ref('stg_seeds__claim_parties') }}

),

entities as (

    select * from {{ ref('sanctioned_entities') }}

),

names as (

    select list_id, source_id, normalised_name
    from {{ ref('entity_names') }}
    where normalised_name is not null

),

-- A place of birth or a ship's flag is no tie to a country here, as in designations.
ties as (

    select distinct list_id, source_id, iso3
    from {{ ref('int_entity_countries_linked') }}
    where link_kind in ('address', 'nationality', 'registration')

),

-- Of a country those under a program for Russia or Belarus; of a name alone every party that has it, under any program.
named as (

    select distinct rules.claim_id, names.list_id, names.source_id, rules.country_iso3
    from rules
    -- with a blank at both ends, so that a pattern can ask for whole words
    inner join names on ' ' || names.normalised_name || ' ' like rules.name_pattern
    inner join entities
        on entities.list_id = names.list_id
        and entities.source_id = names.source_id
        and (rules.kind is null or entities.kind = rules.kind)
    left join ties
        on ties.list_id = names.list_id
        and ties.source_id = names.source_id
        and ties.iso3 = rules.country_iso3
    where rules.country_iso3 is null
        or (ties.iso3 is not null and (entities.is_russia_related or entities.is_belarus_related))

),

parties as (

    select claim_id, list_id, source_id, {{ joined_text('country_iso3') }} as countries
    from named
    group by claim_id, list_id, source_id

)

select
    parties.claim_id,
    parties.list_id,
    parties.source_id,
    parties.countries,
    entities.name,
    entities.kind,
    entities.programs,
    entities.listed_on,
    entities.first_seen_on,
    entities.delisted_on,
    entities.is_listed,
    entities.licence
from parties
inner join entities
    on entities.list_id = parties.list_id
    and entities.source_id = parties.source_id
