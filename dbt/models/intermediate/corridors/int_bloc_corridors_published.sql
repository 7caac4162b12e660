-- The calendar of a bloc's corridors, and who makes the bloc up in each: the members that published anything in the
-- baseline, so that a change against it is no change of members; where none did, all that ever published. Membership
-- counts backward and forward, as Eurostat's EU27 does. One row a member, with whether it published the period.
{% set window = default_window() %}
with

corridors as (

    select
        *,
        is_exporter_open or is_exporter_selective as is_exporter_published,
        is_importer_open or is_importer_selective as is_importer_published,
        {{ is_within('freq', 'period', window.first, window.last) }} as is_in_baseline
    from {{ ref('int_corridors_published') }}

),

members as (

    select distinct bloc, iso3 from {{ ref('int_bloc_members_dated') }}

),

reported as (

    select
        corridors.freq,
        members.bloc,
        corridors.importer_iso3,
        corridors.product_level,
        corridors.exporter_iso3,
        count(*) filter (where corridors.is_in_baseline) > 0 as is_of_baseline
    from corridors
    inner join members on members.iso3 = corridors.exporter_iso3
    where corridors.is_exporter_published
    group by corridors.freq, members.bloc, corridors.importer_iso3, corridors.product_level, corridors.exporter_iso3

),

members_of_baseline as (

    select
        *,
        max(case when is_of_baseline then 1 else 0 end) over (
            partition by freq, bloc, importer_iso3, product_level
        ) = 1 as has_baseline
    from reported

),

constituents as (

    select * from members_of_baseline where is_of_baseline or not has_baseline

),

periods as (

    select
        corridors.freq,
        corridors.period,
        constituents.bloc,
        corridors.importer_iso3,
        corridors.product_level,
        count(*) filter (where corridors.is_exporter_published) as members,
        count(*) filter (where corridors.is_importer_published) > 0 as is_importer_published
    from corridors
    inner join constituents
        on constituents.freq = corridors.freq
        and constituents.importer_iso3 = corridors.importer_iso3
        and constituents.product_level = corridors.product_level
        and constituents.exporter_iso3 = corridors.exporter_iso3
    group by
        corridors.freq, corridors.period, constituents.bloc, corridors.importer_iso3, corridors.product_level

)

select
    periods.freq,
    periods.period,
    periods.bloc as exporter_bloc,
    periods.importer_iso3,
    periods.product_level,
    constituents.exporter_iso3 as member_iso3,
    coalesce(corridors.is_exporter_published, false) as is_member_published,
    periods.is_importer_published,
    periods.members
from periods
inner join constituents
    on constituents.freq = periods.freq
    and constituents.bloc = periods.bloc
    and constituents.importer_iso3 = periods.importer_iso3
    and constituents.product_level = periods.product_level
left join corridors
    on corridors.freq = periods.freq
    and corridors.period = periods.period
    and corridors.importer_iso3 = periods.importer_iso3
    and corridors.product_level = periods.product_level
    and corridors.exporter_iso3 = constituents.exporter_iso3
