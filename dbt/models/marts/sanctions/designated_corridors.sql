-- Who in a transit country was listed under which Russia-related program, beside the coalition's exports to it of the
-- goods on the Common High Priority List. Side by side: a list names persons, and no figure here is theirs.
with

designations as (

    select * from {{ ref('designations') }} where country_role = 'transit'

),

series as (

    select *
    from {{ ref('int_series_summed') }}
    where exporter = 'COALITION' and goods in ('TOTAL', 'CHPL') and export_value_usd is not null

),

builds as (

    select * from {{ ref('int_builds_described') }}

),

listed as (

    select
        country_iso3 as transit_iso3,
        country_name as transit_name,
        list_id,
        program,
        min(program_label) as program_label,
        count(distinct source_id) as entities,
        count(distinct source_id) filter (where is_listed) as entities_listed_now,
        count(distinct source_id) filter (where has_address or has_registration) as entities_seated,
        count(distinct source_id) filter (where listed_on is not null) as entities_dated,
        min(listed_on) as first_listed_on,
        max(listed_on) as last_listed_on
    from designations
    group by country_iso3, country_name, list_id, program

),

newest as (

    select
        importer_iso3,
        goods,
        max(case when freq = 'A' then period end) as newest_year,
        max(case when freq = 'M' then period end) as newest_month
    from series
    group by importer_iso3, goods

),

traded as (

    select
        series.importer_iso3,
        max(case when series.goods = 'CHPL' then newest.newest_year end) as chpl_year,
        {{ exact_sum('series.export_value_usd', "series.goods = 'CHPL' and series.freq = 'A' and series.period = newest.newest_year") }}
            as chpl_year_usd,
        max(case when series.goods = 'CHPL' then newest.newest_month end) as chpl_month,
        count(*) filter (
            where series.goods = 'CHPL' and series.freq = 'M'
                and {{ months_between('series.period', 'newest.newest_month') }} < 12
        ) as chpl_months,
        {{ exact_sum('series.export_value_usd', "series.goods = 'CHPL' and series.freq = 'M' and " ~ months_between('series.period', 'newest.newest_month') ~ " < 12") }}
            as chpl_last_12_months_usd,
        {{ exact_sum('series.export_value_usd', "series.goods = 'TOTAL' and series.freq = 'A' and series.period = newest.newest_year") }}
            as total_year_usd
    from series
    inner join newest
        on newest.importer_iso3 = series.importer_iso3
        and newest.goods = series.goods
    group by series.importer_iso3

),

-- exports of the year before the first listing: are they lower since?
around as (

    select
        listed.transit_iso3,
        listed.list_id,
        listed.program,
        {% for side, condition in {
            'before': months_between('series.period', 'listed.first_listed_on') ~ ' between 1 and 12',
            'after': months_between('listed.first_listed_on', 'series.period') ~ ' between 1 and 12',
        }.items() -%}
        case when count(*) filter (where {{ condition }}) = 12 then {{ exact_sum('series.export_value_usd', condition) }} end
            as chpl_12_months_{{ side }}_usd{{ ',' if not loop.last }}
        {% endfor %}
    from listed
    inner join series
        on series.importer_iso3 = listed.transit_iso3
        and series.freq = 'M'
        and series.goods = 'CHPL'
    group by listed.transit_iso3, listed.list_id, listed.program

)

select
    listed.transit_iso3,
    listed.transit_name,
    listed.list_id,
    listed.program,
    listed.program_label,

    listed.first_listed_on,
    listed.last_listed_on,
    traded.chpl_year,
    traded.chpl_month,

    listed.entities,
    listed.entities_listed_now,
    listed.entities_seated,
    listed.entities_dated,
    traded.chpl_year_usd,
    case when traded.chpl_months = 12 then traded.chpl_last_12_months_usd end as chpl_last_12_months_usd,
    around.chpl_12_months_before_usd,
    around.chpl_12_months_after_usd,
    case
        when listed.first_listed_on is null then 'no date'
        when around.chpl_12_months_before_usd is null or around.chpl_12_months_after_usd is null then 'months missing'
        else 'compared'
    end as before_after,
    traded.total_year_usd,
    case
        when traded.importer_iso3 is null then 'no_trade_loaded'
        when traded.chpl_year is null and traded.chpl_month is null then 'no_controlled_goods_loaded'
    end as reason,
    {{ provenance_columns() }}
from listed
left join traded on traded.importer_iso3 = listed.transit_iso3
left join around
    on around.transit_iso3 = listed.transit_iso3
    and around.list_id = listed.list_id
    and around.program = listed.program
cross join builds
