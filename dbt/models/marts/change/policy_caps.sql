-- What the article proposes, month by month: exports to a transit country at the pre-war level in line with domestic
-- demand, what is above it, and since when.
with

compared as (

    select * from {{ ref('int_caps_compared') }}

),

countries as (

    select * from {{ ref('stg_seeds__countries') }} where role = 'transit'

),

builds as (

    select * from {{ ref('int_builds_described') }}

),

breached as (

    select
        compared.*,
        {{ breach_usd('compared.value_usd', 'compared.cap_usd') }} as breach_usd,
        {{ breach_usd('compared.cap_usd', 'compared.value_usd') }} as headroom_usd,
        {{ is_breach('compared.value_usd', 'compared.cap_usd') }} as is_breach,
        {{ breach_usd('compared.import_fob_usd', 'compared.cap_import_fob_usd') }} as breach_import_fob_usd
    from compared
    inner join countries on countries.iso3 = compared.importer_iso3

),

followed as (

    select
        *,
        min(case when is_breach then period end) over (
            partition by exporter_bloc, importer_iso3, goods, baseline_id
        ) as first_breach,
        sum(case when is_breach then 1 else 0 end) over (
            partition by exporter_bloc, importer_iso3, goods, baseline_id
            order by period nulls last rows between unbounded preceding and current row
        ) as months_in_breach,
        cast(sum(cast(coalesce(breach_usd, 0) as decimal(38, 6))) over (
            partition by exporter_bloc, importer_iso3, goods, baseline_id
            order by period nulls last rows between unbounded preceding and current row
        ) as double) as cumulated_breach_usd
    from breached

)

select
    followed.exporter_bloc,
    followed.importer_iso3 as transit_iso3,
    followed.goods,
    followed.goods_kind,
    followed.period,
    followed.baseline_id,
    followed.demand_index,
    followed.demand_year,
    followed.baseline_years,

    followed.cap_usd,
    followed.value_usd,
    followed.breach_usd,
    followed.headroom_usd,
    followed.is_breach,
    followed.first_breach,
    cast(followed.months_in_breach as bigint) as months_in_breach,
    followed.cumulated_breach_usd,
    followed.cap_import_fob_usd,
    followed.import_fob_usd as value_import_fob_usd,
    followed.breach_import_fob_usd,
    case
        when followed.value_usd is null then 'exporter_not_published'
        when followed.cap_usd is null and followed.is_code_new then 'code_is_new'
        when followed.cap_usd is null then 'no_baseline'
    end as reason,
    {{ provenance_columns() }}
from followed
cross join builds
