-- What changes if the whole Eurasian Economic Union is counted, as the article proposes: one cap for all members, in
-- which a fall of exports to Russia and Belarus makes room for a rise to others, beside the members' own caps. A
-- scenario, not a finding. A union is no country: it has this table of its own.
with

compared as (

    select * from {{ ref('int_caps_compared') }}

),

countries as (

    select iso3, role, eaeu_from, eaeu_to from {{ ref('stg_seeds__countries') }} where eaeu_from is not null

),

builds as (

    select * from {{ ref('int_builds_described') }}

),

members as (

    select
        compared.*,
        countries.role = 'target' as is_target,
        {{ breach_usd('compared.value_usd', 'compared.cap_usd') }} as breach_usd
    from compared
    inner join countries
        on countries.iso3 = compared.importer_iso3
        and compared.period >= countries.eaeu_from
        and compared.period <= coalesce(countries.eaeu_to, cast('9999-12-31' as date))

),

summed as (

    select
        exporter_bloc,
        goods,
        goods_kind,
        period,
        baseline_id,
        count(*) as members,
        count(*) filter (where is_target) as targets,
        count(value_usd) = count(*) and count(baseline_usd) = count(*) as is_whole,
        {{ exact_sum('value_usd') }} as value_usd,
        {{ exact_sum('baseline_usd * demand_index') }} as baseline_usd,
        {{ exact_sum('value_usd', 'not is_target') }} as transit_value_usd,
        {{ exact_sum('cap_usd', 'not is_target') }} as transit_cap_usd,
        {{ exact_sum('breach_usd', 'not is_target') }} as transit_breach_usd,
        {{ exact_sum('value_usd', 'is_target') }} as target_value_usd,
        {{ exact_sum('cap_usd', 'is_target') }} as target_cap_usd
    from members
    group by exporter_bloc, goods, goods_kind, period, baseline_id

),

capped as (

    select *, {{ cap_usd('baseline_usd', 1) }} as cap_usd from summed

)

select
    capped.exporter_bloc,
    'EAEU' as union_id,
    capped.goods,
    capped.goods_kind,
    capped.period,
    capped.baseline_id,
    capped.members,
    capped.targets,

    case when capped.is_whole then capped.value_usd end as value_usd,
    case when capped.is_whole then capped.cap_usd end as cap_usd,
    case when capped.is_whole then {{ breach_usd('capped.value_usd', 'capped.cap_usd') }} end as breach_usd,
    case when capped.is_whole then {{ breach_usd('capped.cap_usd', 'capped.value_usd') }} end as headroom_usd,
    case when capped.is_whole then {{ is_breach('capped.value_usd', 'capped.cap_usd') }} end as is_breach,
    case when capped.is_whole then capped.transit_value_usd end as transit_value_usd,
    case when capped.is_whole then capped.transit_cap_usd end as transit_cap_usd,
    case when capped.is_whole then capped.transit_breach_usd end as transit_breach_usd,
    case when capped.is_whole then capped.target_value_usd end as target_value_usd,
    case when capped.is_whole then capped.target_cap_usd end as target_cap_usd,
    case when capped.is_whole then
        capped.transit_breach_usd - {{ breach_usd('capped.value_usd', 'capped.cap_usd') }}
    end as netted_breach_usd,
    case
        when not capped.is_whole then 'member_not_published'
        when capped.targets = 0 then 'target_not_loaded'
    end as reason,
    {{ provenance_columns() }}
from capped
cross join builds
