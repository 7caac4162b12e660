-- Which flows a published figure is about: those of the figure itself, and those it is compared with, of an earlier period
-- or of other countries, by exporter and importer. Years are read from annual figures; euro are of months, at the
-- month's rate. Measures of other marts compare a year with the default baseline.
{% set window = default_window() %}
with

published_claims as (

    select
        *,
        coalesce(period_to, cast('9999-12-31' as date)) as last_day,
        case
            when currency = 'eur' or measure in ('monthly_mean', 'peak', 'dip_and_return', 'above_cap', 'union_above_cap') then 'M'
            when
                extract(month from period_from) = 1
                and extract(month from coalesce(period_to, cast('9999-12-31' as date))) = 12
                and extract(month from coalesce(base_from, period_from)) = 1
                then 'A'
            else 'M'
        end as freq,
        case when products = 'TOTAL' then 0 else 6 end as product_level,
        case
            when unit = 'items' then 'items'
            when measure = 'growth_kg' then 'kg'
            else coalesce(currency, 'usd')
        end as reported_unit
    from {{ ref('stg_seeds__published_claims') }}
    where measure not in ('none', 'same_union', 'event_study', 'listed_parties')

),

parts as (

    select
        claim_id,
        false as is_base,
        coalesce(exporter, 'ALL') as exporters,
        coalesce(importer, 'ALL') as importers,
        case when measure = 'gap_as_published' then 'export' else flow_side end as flow_side,
        period_from as first_day,
        last_day
    from published_claims
    union all
    select
        claim_id,
        true as is_base,
        coalesce(base_exporter, exporter, 'ALL') as exporters,
        coalesce(base_importer, importer, 'ALL') as importers,
        coalesce(base_flow_side, flow_side) as flow_side,
        coalesce(base_from, period_from) as first_day,
        coalesce(base_to, last_day) as last_day
    from published_claims
    where base_from is not null or base_exporter is not null
    union all
    select
        claim_id,
        true as is_base,
        exporter as exporters,
        importer as importers,
        flow_side,
        {{ window.first }} as first_day,
        last_day({{ window.last }}) as last_day
    from published_claims
    where measure in ({{ measures_against_baseline() }})

),

-- A bloc is one constant group, but as a publisher counts it: then it has the members of its day.
named_countries as (

    select iso3 as name, iso3, cast('1900-01-01' as date) as member_from, cast('9999-12-31' as date) as member_to
    from {{ ref('stg_seeds__countries') }}
    union all
    select 'ALL' as name, iso3, cast('1900-01-01' as date) as member_from, cast('9999-12-31' as date) as member_to
    from {{ ref('stg_seeds__countries') }}
    union all
    select 'TRANSIT' as name, iso3, cast('1900-01-01' as date) as member_from, cast('9999-12-31' as date) as member_to
    from {{ ref('stg_seeds__countries') }}
    where role = 'transit'
    union all
    select distinct
        bloc as name, iso3, cast('1900-01-01' as date) as member_from, cast('9999-12-31' as date) as member_to
    from {{ ref('int_bloc_members_dated') }}
    union all
    select bloc || ':' || publisher as name, iso3, member_from, member_to
    from {{ ref('stg_seeds__bloc_members') }}
    where publisher <> '*'

),

{% for side in ['exporter', 'importer'] -%}
part_{{ side }}s as (

    select parts.claim_id, parts.is_base, named_countries.iso3
    from parts
    inner join named_countries
        on ' ' || parts.{{ side }}s || ' ' like '% ' || named_countries.name || ' %'
        and parts.first_day >= named_countries.member_from
        and parts.first_day < named_countries.member_to

){{ ',' if not loop.last }}

{% endfor -%}

select distinct
    parts.claim_id,
    parts.is_base,
    parts.flow_side,
    parts.first_day,
    parts.last_day,
    published_claims.freq,
    published_claims.measure,
    published_claims.products,
    published_claims.product_level,
    published_claims.reported_unit,
    part_exporters.iso3 as exporter_iso3,
    part_importers.iso3 as importer_iso3
from parts
inner join published_claims on published_claims.claim_id = parts.claim_id
inner join part_exporters
    on part_exporters.claim_id = parts.claim_id
    and part_exporters.is_base = parts.is_base
inner join part_importers
    on part_importers.claim_id = parts.claim_id
    and part_importers.is_base = parts.is_base
where part_exporters.iso3 <> part_importers.iso3
