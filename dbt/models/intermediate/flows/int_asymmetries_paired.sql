{{ config(materialized='table', event_time='') }}  -- no flows: it has no period
-- Pairs of countries of which it is known that they name different partners for the same goods: the country of origin or
-- of consignment, a hub or the country behind it. Where several reasons hold for a pair, the most particular one: of the
-- pair, then of the importer, then of the exporter.
with

asymmetries as (

    select
        *,
        case
            when exporter_iso3 is not null and importer_iso3 is not null then 1
            when importer_iso3 is not null then 2
            else 3
        end as generality
    from {{ ref('stg_seeds__known_asymmetries') }}
    where kind in ('origin or consignment', 're-export hub', 'transit hub')

),

countries as (

    select iso3 from {{ ref('stg_seeds__countries') }}

),

pairs as (

    select
        exporters.iso3 as exporter_iso3,
        importers.iso3 as importer_iso3,
        coalesce(asymmetries.heading, '*') as heading,
        asymmetries.asymmetry_id,
        row_number() over (
            partition by exporters.iso3, importers.iso3, coalesce(asymmetries.heading, '*')
            order by asymmetries.generality nulls last, asymmetries.asymmetry_id nulls last
        ) as place
    from asymmetries
    inner join countries as exporters on exporters.iso3 = coalesce(asymmetries.exporter_iso3, exporters.iso3)
    inner join countries as importers on importers.iso3 = coalesce(asymmetries.importer_iso3, importers.iso3)

)

select exporter_iso3, importer_iso3, heading, asymmetry_id
from pairs
where place = 1
