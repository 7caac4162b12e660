-- Every corridor's trade in every good as a series without holes: a period that a side published and in which it
-- reported none of the good is 0, one that it did not publish is NULL. Countries, and blocs summed over their members
-- before anything is compared. A good that no period shows above `min_value_usd` has no series of its own; it is in
-- its product groups.
{% set window = default_window() %}
{% set values = ['import_fob_usd', 'import_fob_low_usd', 'import_fob_high_usd'] %}
{% set sides = ['export_usd', 'import_fob_usd', 'import_fob_low_usd', 'import_fob_high_usd',
    'import_cif_usd', 'import_as_fob_usd'] %}
{% set evidence = ['both_usd', 'strong_usd', 'medium_usd', 'weak_usd', 'silent_usd'] %}
with

flows as (

    select
        *,
        case goods when 'TOTAL' then 0 else 6 end as product_level,
        {{ is_within('freq', 'period', window.first, window.last) }} as is_in_baseline
    from {{ ref('int_corridor_flows_netted') }}

),

corridors as (

    select * from {{ ref('int_corridors_published') }}

),

bloc_corridors as (

    select * from {{ ref('int_bloc_corridors_published') }}

),

product_groups as (

    select distinct product_group, {{ chapter_of('goods') }} as chapter from {{ ref('int_product_groups_composed') }}

),

listed as (

    select distinct goods from {{ ref('int_product_groups_composed') }}

),

countries as (

    select iso3, role from {{ ref('stg_seeds__countries') }}

),

parties as (

    select exporter_iso3 as iso3 from corridors
    union
    select importer_iso3 as iso3 from corridors

),

-- The chapters that a country has ever reported: a download of one heading is no statement about the others.
scopes as (

    select distinct
        chosen.freq,
        chosen.role,
        chosen.reporter,
        chosen.chapter,
        {{ is_selective('chosen.source_name') }} as is_selective
    from {{ ref('int_chapters_recorded') }} as chosen
    inner join parties on parties.iso3 = chosen.reporter
    where chosen.product_level = 6

),

recorded as (

    select
        freq,
        exporter_iso3,
        importer_iso3,
        goods,
        goods_kind,
        product_level,
        count(*) filter (where export_value_usd > 0) > 0 as has_exports,
        count(*) filter (where import_fob_usd > 0) > 0 as has_imports,
        -- what the exporter reported in the baseline, and ever: how much of a bloc's series is this member's
        coalesce({{ exact_sum('export_value_usd', 'is_in_baseline') }}, 0) as baseline_usd,
        coalesce({{ exact_sum('export_value_usd') }}, 0) as ever_usd,
        max(greatest(coalesce(export_value_usd, 0), coalesce(import_fob_usd, 0))) as largest_usd
    from flows
    group by freq, exporter_iso3, importer_iso3, goods, goods_kind, product_level

),

chaptered as (

    select freq, exporter_iso3, importer_iso3, goods, {{ chapter_of('goods') }} as chapter
    from recorded
    where goods_kind = 'product'
    union all
    select recorded.freq, recorded.exporter_iso3, recorded.importer_iso3, recorded.goods, product_groups.chapter
    from recorded
    inner join product_groups on product_groups.product_group = recorded.goods

),

scoped as (

    select
        chaptered.freq,
        chaptered.exporter_iso3,
        chaptered.importer_iso3,
        chaptered.goods,
        {% for side in ['exporter', 'importer'] -%}
        count(*) filter (where not {{ side }}s.is_selective) > 0 as is_{{ side }}_open,
        count(*) filter (where {{ side }}s.is_selective) > 0 as is_{{ side }}_selective{{ ',' if not loop.last }}
        {% endfor %}
    from chaptered
    left join scopes as exporters
        on exporters.freq = chaptered.freq
        and exporters.role = 'export'
        and exporters.reporter = chaptered.exporter_iso3
        and exporters.chapter = chaptered.chapter
    left join scopes as importers
        on importers.freq = chaptered.freq
        and importers.role = 'import'
        and importers.reporter = chaptered.importer_iso3
        and importers.chapter = chaptered.chapter
    group by chaptered.freq, chaptered.exporter_iso3, chaptered.importer_iso3, chaptered.goods

),

series as (

    select
        recorded.*,
        {% for side, has in {'exporter': 'has_exports', 'importer': 'has_imports'}.items() -%}
        {% for breadth in ['open', 'selective'] -%}
        recorded.{{ has }} or recorded.product_level = 0 or coalesce(scoped.is_{{ side }}_{{ breadth }}, false)
            as is_{{ side }}_{{ breadth }},
        {% endfor -%}
        {% endfor -%}
        recorded.goods_kind = 'basket' or recorded.largest_usd >= {{ var('min_value_usd') }} as is_large
    from recorded
    left join scoped
        on scoped.freq = recorded.freq
        and scoped.exporter_iso3 = recorded.exporter_iso3
        and scoped.importer_iso3 = recorded.importer_iso3
        and scoped.goods = recorded.goods

),

country_periods as (

    select
        series.freq,
        corridors.period,
        series.exporter_iso3 as exporter,
        'country' as exporter_kind,
        series.importer_iso3,
        series.goods,
        series.goods_kind,
        {% for side in ['exporter', 'importer'] -%}
        (corridors.is_{{ side }}_open and series.is_{{ side }}_open)
            or (corridors.is_{{ side }}_selective and series.is_{{ side }}_selective) as is_{{ side }}_published,
        {% endfor -%}
        1 as members
    from series
    inner join corridors
        on corridors.freq = series.freq
        and corridors.exporter_iso3 = series.exporter_iso3
        and corridors.importer_iso3 = series.importer_iso3
        and corridors.product_level = series.product_level
    where series.is_large

),

constituents as (

    select distinct freq, exporter_bloc, importer_iso3, product_level, member_iso3 from bloc_corridors

),

bloc_flows as (

    select
        flows.freq,
        flows.period,
        constituents.exporter_bloc as exporter,
        flows.importer_iso3,
        flows.goods,
        {% for measure in ['export_value_usd'] + values + evidence + ['export_kg', 'import_kg', 'quality_usd'] -%}
        {{ exact_sum('flows.' ~ measure) }} as {{ measure }},
        {% endfor -%}
        {% for side in sides -%}
        {{ exact_sum('flows.compared_' ~ side) }} as compared_{{ side }},
        {% endfor -%}
        max(flows.exports_unweighed) as exports_unweighed,
        max(flows.imports_unweighed) as imports_unweighed
    from flows
    inner join constituents
        on constituents.freq = flows.freq
        and constituents.importer_iso3 = flows.importer_iso3
        and constituents.product_level = flows.product_level
        and constituents.member_iso3 = flows.exporter_iso3
    group by flows.freq, flows.period, constituents.exporter_bloc, flows.importer_iso3, flows.goods

),

held as (

    select series.*, constituents.exporter_bloc
    from series
    inner join constituents
        on constituents.freq = series.freq
        and constituents.importer_iso3 = series.importer_iso3
        and constituents.product_level = series.product_level
        and constituents.member_iso3 = series.exporter_iso3

),

bloc_series as (

    select
        freq,
        exporter_bloc,
        importer_iso3,
        goods,
        goods_kind,
        product_level,
        {{ exact_sum('baseline_usd') }} as baseline_usd,
        {{ exact_sum('ever_usd') }} as ever_usd,
        count(*) filter (where is_importer_open or is_importer_selective) > 0 as is_importer_known
    from held
    group by freq, exporter_bloc, importer_iso3, goods, goods_kind, product_level
    having goods_kind = 'basket' or {{ exact_sum('largest_usd') }} >= {{ var('min_value_usd') }}

),

-- how much of a series those hold who have not published the period: few have not
missing as (

    select
        held.freq,
        bloc_corridors.period,
        held.exporter_bloc,
        held.importer_iso3,
        held.goods,
        {{ exact_sum('held.baseline_usd') }} as baseline_usd,
        {{ exact_sum('held.ever_usd') }} as ever_usd
    from bloc_corridors
    inner join held
        on held.freq = bloc_corridors.freq
        and held.exporter_bloc = bloc_corridors.exporter_bloc
        and held.importer_iso3 = bloc_corridors.importer_iso3
        and held.product_level = bloc_corridors.product_level
        and held.exporter_iso3 = bloc_corridors.member_iso3
    where not bloc_corridors.is_member_published
    group by held.freq, bloc_corridors.period, held.exporter_bloc, held.importer_iso3, held.goods

),

bloc_calendar as (

    select distinct freq, period, exporter_bloc, importer_iso3, product_level, is_importer_published, members
    from bloc_corridors

),

bloc_periods as (

    select
        bloc_series.freq,
        bloc_calendar.period,
        bloc_series.exporter_bloc as exporter,
        'bloc' as exporter_kind,
        bloc_series.importer_iso3,
        bloc_series.goods,
        bloc_series.goods_kind,
        bloc_calendar.members > 0 and case
            when missing.goods is null then true
            when bloc_series.baseline_usd > 0
                then missing.baseline_usd <= (1 - {{ var('bloc_least_share') }}) * bloc_series.baseline_usd
            else missing.ever_usd <= (1 - {{ var('bloc_least_share') }}) * bloc_series.ever_usd
        end as is_exporter_published,
        bloc_calendar.is_importer_published and bloc_series.is_importer_known as is_importer_published,
        bloc_calendar.members
    from bloc_series
    inner join bloc_calendar
        on bloc_calendar.freq = bloc_series.freq
        and bloc_calendar.exporter_bloc = bloc_series.exporter_bloc
        and bloc_calendar.importer_iso3 = bloc_series.importer_iso3
        and bloc_calendar.product_level = bloc_series.product_level
    left join missing
        on missing.freq = bloc_series.freq
        and missing.period = bloc_calendar.period
        and missing.exporter_bloc = bloc_series.exporter_bloc
        and missing.importer_iso3 = bloc_series.importer_iso3
        and missing.goods = bloc_series.goods

),

published_periods as (

    select * from country_periods where is_exporter_published or is_importer_published
    union all
    select * from bloc_periods where is_exporter_published or is_importer_published

),

-- before its code existed a good has no figure, and no zero
periods as (

    select published_periods.*, introduced.goods is not null as is_code_new
    from published_periods
    left join {{ ref('int_goods_introduced') }} as introduced on introduced.goods = published_periods.goods
    where coalesce(published_periods.period >= introduced.introduced_on, true)

),

all_flows as (

    select
        freq, period, exporter_iso3 as exporter, importer_iso3, goods,
        export_value_usd, {{ values | join(', ') }}, {{ evidence | join(', ') }}, export_kg, import_kg, quality_usd,
        compared_{{ sides | join(', compared_') }}, exports_unweighed, imports_unweighed
    from flows
    union all
    select
        freq, period, exporter, importer_iso3, goods,
        export_value_usd, {{ values | join(', ') }}, {{ evidence | join(', ') }}, export_kg, import_kg, quality_usd,
        compared_{{ sides | join(', compared_') }}, exports_unweighed, imports_unweighed
    from bloc_flows

)

select
    periods.freq,
    periods.period,
    periods.exporter,
    periods.exporter_kind,
    periods.importer_iso3,
    periods.goods,
    periods.goods_kind,
    listed.goods is not null as is_listed,
    periods.is_code_new,
    importers.role as importer_role,
    -- what is screened for diversion: a bloc's exports, and a transit country's exports to a destination
    coalesce(
        (periods.exporter_kind = 'bloc' and importers.role in ('transit', 'target'))
            or (exporters.role = 'transit' and importers.role = 'target'),
        false
    ) as is_screened,

    case when periods.is_exporter_published then coalesce(all_flows.export_value_usd, 0) end as export_value_usd,
    {% for value in values -%}
    case when periods.is_importer_published then coalesce(all_flows.{{ value }}, 0) end as {{ value }},
    {% endfor -%}
    -- nothing recorded by two sides that published is nothing on both
    {% for side in sides -%}
    case
        when not (periods.is_exporter_published and periods.is_importer_published) then null
        when all_flows.goods is null then 0
        else all_flows.compared_{{ side }}
    end as compared_{{ side }},
    {% endfor -%}
    {% for share in evidence -%}
    coalesce(all_flows.{{ share }}, 0) as {{ share }},
    {% endfor -%}
    case
        when not periods.is_exporter_published then null
        when all_flows.goods is null then 0
        when all_flows.exports_unweighed = 0 then coalesce(all_flows.export_kg, 0)
    end as export_kg,
    case
        when not periods.is_importer_published then null
        when all_flows.goods is null then 0
        when all_flows.imports_unweighed = 0 then coalesce(all_flows.import_kg, 0)
    end as import_kg,
    all_flows.quality_usd
        / nullif({% for share in evidence %}all_flows.{{ share }}{{ ' + ' if not loop.last }}{% endfor %}, 0)
        as concordance_quality,
    cast(case when periods.is_exporter_published then periods.members else 0 end as integer) as members
from periods
left join all_flows
    on all_flows.freq = periods.freq
    and all_flows.period = periods.period
    and all_flows.exporter = periods.exporter
    and all_flows.importer_iso3 = periods.importer_iso3
    and all_flows.goods = periods.goods
left join listed on listed.goods = periods.goods
left join countries as importers on importers.iso3 = periods.importer_iso3
left join countries as exporters
    on exporters.iso3 = periods.exporter
    and periods.exporter_kind = 'country'
