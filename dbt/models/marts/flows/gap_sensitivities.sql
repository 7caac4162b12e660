-- How much of a bloc's gap the margin between FOB and CIF decides: the same reports at every margin of `cif_grid`.
-- Importers that value FOB, or publish the FOB value, are left as they are.
with

mirror_gaps as (

    select
        *,
        case when product_code = 'TOTAL' then 'TOTAL' else 'CHPL' end as goods,
        import_basis in ('published_fob', 'reported_fob') as is_fob
    from {{ ref('mirror_gaps') }}
    where gap_usd is not null
        and (product_code = 'TOTAL' or product_level = 6 and is_controlled_now)

),

members as (

    select distinct bloc, iso3 from {{ ref('int_bloc_members_dated') }}

),

countries as (

    select iso3 from {{ ref('countries') }} where role in ('transit', 'target')

),

builds as (

    select * from {{ ref('int_builds_described') }}

),

grid as (

    {% for margin in var('cif_grid') -%}
    select cast({{ margin }} as double) as margin {{ 'union all' if not loop.last }}
    {% endfor %}

),

summed as (

    select
        mirror_gaps.freq,
        mirror_gaps.period,
        members.bloc as exporter_bloc,
        mirror_gaps.importer_iso3,
        mirror_gaps.goods,
        {{ exact_sum('mirror_gaps.export_value_usd') }} as export_value_usd,
        coalesce({{ exact_sum('mirror_gaps.import_value_fob_usd', 'mirror_gaps.is_fob') }}, 0) as import_as_fob_usd,
        coalesce({{ exact_sum('mirror_gaps.import_value_usd', 'not coalesce(mirror_gaps.is_fob, false)') }}, 0)
            as import_as_cif_usd,
        {{ exact_sum('mirror_gaps.gap_usd') }} as gap_at_assigned_margin_usd
    from mirror_gaps
    inner join countries on countries.iso3 = mirror_gaps.importer_iso3
    inner join members
        on members.iso3 = mirror_gaps.exporter_iso3
    group by
        mirror_gaps.freq, mirror_gaps.period, members.bloc, mirror_gaps.importer_iso3, mirror_gaps.goods

),

valued as (

    select
        summed.*,
        grid.margin,
        summed.import_as_fob_usd + {{ to_fob('summed.import_as_cif_usd', 'grid.margin') }} as import_fob_usd
    from summed
    cross join grid

)

select
    valued.freq,
    valued.period,
    valued.exporter_bloc,
    valued.importer_iso3,
    valued.goods,
    valued.margin,

    valued.export_value_usd,
    valued.import_fob_usd,
    {{ gap_usd('valued.export_value_usd', 'valued.import_fob_usd') }} as gap_usd,
    {{ gap_share('valued.export_value_usd', 'valued.import_fob_usd') }} as gap_share,
    valued.gap_at_assigned_margin_usd,
    sign({{ gap_usd('valued.export_value_usd', 'valued.import_fob_usd') }}) = sign(valued.gap_at_assigned_margin_usd)
        as is_sign_as_assigned,
    {{ provenance_columns() }}
from valued
cross join builds
