-- The same imports counted by origin and by consignment, where an importer gives both: how much of a gap is the basis
-- of its partner column alone. Goods of another origin that a hub sends on are imports from the hub by consignment
-- only. Comtrade gives the country of consignment as second partner; where it does not, there is no row.
with

mirror_gaps as (

    select * from {{ ref('mirror_gaps') }}

),

consignments as (

    select * from {{ ref('int_consignments_summed') }}

),

builds as (

    select * from {{ ref('int_builds_described') }}

),

-- where nothing is recorded by one basis, the other's silence is the same reporter's and so a zero
compared as (

    select
        consignments.freq,
        consignments.period,
        consignments.consignment_iso3 as exporter_iso3,
        consignments.importer_iso3,
        consignments.product_code,
        consignments.hs_revision,
        mirror_gaps.export_value_usd,
        coalesce(mirror_gaps.import_value_usd, 0) as import_value_origin_usd,
        consignments.import_value_usd as import_value_consignment_usd,
        mirror_gaps.gap_usd as gap_origin_usd,
        coalesce(mirror_gaps.margin_mid, {{ var('cif_default') }}) as margin_mid
    from consignments
    left join mirror_gaps
        on mirror_gaps.freq = consignments.freq
        and mirror_gaps.period = consignments.period
        and mirror_gaps.exporter_iso3 = consignments.consignment_iso3
        and mirror_gaps.importer_iso3 = consignments.importer_iso3
        and mirror_gaps.product_code = consignments.product_code
        and mirror_gaps.hs_revision = consignments.hs_revision
    where consignments.consignment_iso3 <> consignments.importer_iso3

)

select
    compared.freq,
    compared.period,
    compared.exporter_iso3,
    compared.importer_iso3,
    compared.product_code,
    compared.hs_revision,

    compared.export_value_usd,
    compared.import_value_origin_usd,
    compared.import_value_consignment_usd,
    compared.import_value_consignment_usd - compared.import_value_origin_usd as basis_wedge_usd,
    compared.gap_origin_usd,
    {{ gap_usd('compared.export_value_usd', to_fob('compared.import_value_consignment_usd', 'compared.margin_mid')) }}
        as gap_consignment_usd,
    {{ provenance_columns() }}
from compared
cross join builds
