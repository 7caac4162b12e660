-- Who in which country was listed when, by whom, under which Russia-related program. A place of birth or a
-- ship's flag is no tie to a country here.
with

entities as (

    select * from {{ ref('sanctioned_entities') }}

),

programs as (

    select
        source_name,
        list_id,
        source_id,
        program,
        min(legal_basis) as legal_basis,
        min(listed_on) as listed_on
    from {{ ref('int_entity_programs_unioned') }}
    group by source_name, list_id, source_id, program

),

russia_related as (

    select * from {{ ref('stg_seeds__sanction_programs') }} where is_russia_related

),

ties as (

    select
        list_id,
        source_id,
        iso3,
        count(*) filter (where link_kind = 'address') > 0 as has_address,
        count(*) filter (where link_kind = 'nationality') > 0 as has_nationality,
        count(*) filter (where link_kind = 'registration') > 0 as has_registration,
        min(city) filter (where link_kind = 'address') as city
    from {{ ref('int_entity_countries_linked') }}
    where link_kind in ('address', 'nationality', 'registration')
    group by list_id, source_id, iso3

),

countries as (

    select * from {{ ref('countries') }}

)

select
    entities.list_id,
    entities.source_id,
    ties.iso3 as country_iso3,
    countries.name as country_name,
    countries.role as country_role,
    programs.program,
    russia_related.label as program_label,
    programs.legal_basis,
    entities.name,
    entities.kind,
    ties.has_address,
    ties.has_nationality,
    ties.has_registration,
    ties.city,
    coalesce(programs.listed_on, entities.listed_on) as listed_on,
    entities.first_seen_on,
    entities.delisted_on,
    entities.is_listed,
    entities.licence
from programs
inner join russia_related
    on russia_related.publisher = programs.source_name
    and russia_related.program = programs.program
inner join entities
    on entities.list_id = programs.list_id
    and entities.source_id = programs.source_id
inner join ties
    on ties.list_id = programs.list_id
    and ties.source_id = programs.source_id
inner join countries on countries.iso3 = ties.iso3
