with

entities as (

    select * from {{ ref('int_entities_unioned') }}

),

aliases as (

    select list_id, source_id, {{ joined_text('name') }} as aliases, count(*) as alias_count
    from {{ ref('int_entity_names_unioned') }}
    where name_kind <> 'primary'
    group by list_id, source_id

),

distinct_programs as (

    select distinct source_name, list_id, source_id, program
    from {{ ref('int_entity_programs_unioned') }}
    where program is not null

),

programs as (

    select list_id, source_id, {{ joined_text('program') }} as programs
    from distinct_programs
    group by list_id, source_id

),

related as (

    select
        distinct_programs.list_id,
        distinct_programs.source_id,
        count(*) filter (where sanction_programs.is_russia_related) > 0 as is_russia_related,
        count(*) filter (where sanction_programs.is_belarus_related) > 0 as is_belarus_related
    from distinct_programs
    inner join {{ ref('stg_seeds__sanction_programs') }} as sanction_programs
        on sanction_programs.publisher = distinct_programs.source_name
        and sanction_programs.program = distinct_programs.program
    group by distinct_programs.list_id, distinct_programs.source_id

),

countries as (

    select * from {{ ref('int_entity_countries_linked') }}

),

address_countries as (

    select list_id, source_id, {{ joined_text('iso3') }} as address_countries, max(mentions) as most_mentions
    from countries
    where link_kind = 'address'
    group by list_id, source_id

),

main_countries as (

    select countries.list_id, countries.source_id, min(countries.iso3) as country_iso3
    from countries
    inner join address_countries
        on address_countries.list_id = countries.list_id
        and address_countries.source_id = countries.source_id
        and address_countries.most_mentions = countries.mentions
    where countries.link_kind = 'address'
    group by countries.list_id, countries.source_id

),

nationalities as (

    select list_id, source_id, {{ joined_text('iso3') }} as nationalities
    from countries
    where link_kind = 'nationality'
    group by list_id, source_id

),

-- where a list dates not the entry but its programs, the first of them is the date of listing
program_dates as (

    select list_id, source_id, min(listed_on) as listed_on
    from {{ ref('int_entity_programs_unioned') }}
    group by list_id, source_id

),

publishers as (

    select * from {{ ref('stg_seeds__publishers') }}

)

select
    entities.list_id,
    entities.source_id,
    entities.name,
    entities.kind,
    main_countries.country_iso3,
    address_countries.address_countries,
    nationalities.nationalities,
    programs.programs,
    coalesce(related.is_russia_related, false) as is_russia_related,
    coalesce(related.is_belarus_related, false) as is_belarus_related,
    aliases.aliases,
    coalesce(aliases.alias_count, 0) as alias_count,
    coalesce(entities.listed_on, program_dates.listed_on) as listed_on,
    cast(entities.first_seen_at as date) as first_seen_on,
    cast(entities.gone_at as date) as delisted_on,
    entities.gone_at is null as is_listed,
    publishers.licence
from entities
left join programs
    on programs.list_id = entities.list_id
    and programs.source_id = entities.source_id
left join related
    on related.list_id = entities.list_id
    and related.source_id = entities.source_id
left join aliases
    on aliases.list_id = entities.list_id
    and aliases.source_id = entities.source_id
left join main_countries
    on main_countries.list_id = entities.list_id
    and main_countries.source_id = entities.source_id
left join address_countries
    on address_countries.list_id = entities.list_id
    and address_countries.source_id = entities.source_id
left join nationalities
    on nationalities.list_id = entities.list_id
    and nationalities.source_id = entities.source_id
left join program_dates
    on program_dates.list_id = entities.list_id
    and program_dates.source_id = entities.source_id
left join publishers on publishers.source_name = entities.source_name
