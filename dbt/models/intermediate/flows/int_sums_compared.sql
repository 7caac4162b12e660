{{ config(materialized='table', event_time='') }}  -- a year is compared with its months
-- Files against the world: sums that do not close (METHODS checks 03, 04, 05, 08). A reporter's partners and its figure
-- for the world, chapters and the total, months and the year, a year's total and the one before it. Where they agree
-- within the tolerance there is no row. What is loaded in part is not compared: chapters where most partners lack some,
-- years without their twelve months.
with

country_codes as (

    select publisher, code, kind, party from {{ ref('int_country_codes_resolved') }}

),

reported as (

    select
        'comtrade' as publisher, freq, period, flow, reporter_code, partner_code, product_code, product_level,
        hs_revision, value_usd
    from {{ ref('stg_comtrade__flows') }}
    where flow in ('X', 'M')

),

comtrade_sums as (

    select
        reported.freq, reported.period, reported.flow, reported.reporter_code, reported.product_code,
        reported.product_level, reported.hs_revision,
        {{ exact_sum('reported.value_usd', "partners.kind = 'world'") }} as whole_usd,
        -- a partner that no list knows is one of them
        coalesce({{ exact_sum('reported.value_usd', "coalesce(partners.kind, '') not in ('world', 'bloc')") }}, 0)
            as parts_usd
    from reported
    left join country_codes as partners
        on partners.publisher = 'comtrade' and partners.code = reported.partner_code
    group by
        reported.freq, reported.period, reported.flow, reported.reporter_code, reported.product_code,
        reported.product_level, reported.hs_revision

),

national_rows as (

    {{ national_reports() }}

),

national_sums as (

    select
        national_rows.reporter, national_rows.period, national_rows.role,
        {{ exact_sum('national_rows.value_usd', "partners.kind = 'world'") }} as whole_usd,
        coalesce({{ exact_sum('national_rows.value_usd', "coalesce(partners.kind, '') not in ('world', 'bloc')") }}, 0)
            as parts_usd
    from national_rows
    left join country_codes as partners
        on partners.publisher = national_rows.source_name and partners.code = national_rows.partner_code
    where national_rows.is_whole_year
    group by national_rows.reporter, national_rows.period, national_rows.role

),

partners as (

    select
        sums.freq, sums.period,
        case sums.flow when 'X' then 'export' else 'import' end as role,
        reporters.party as reporter, sums.product_code, sums.product_level, sums.hs_revision,
        sums.whole_usd, sums.parts_usd
    from comtrade_sums as sums
    inner join country_codes as reporters
        on reporters.publisher = 'comtrade' and reporters.code = sums.reporter_code
    union all
    select
        'A' as freq, period, role, reporter, 'TOTAL' as product_code, 0 as product_level,
        {{ hs_revision_in('extract(year from period)') }} as hs_revision,
        whole_usd, parts_usd
    from national_sums
    {%- for placed in ['int_own_flows_placed', 'int_customs_flows_placed'] %}
    union all
    select
        freq, period, role, reporter, product_code, product_level, hs_revision,
        {{ exact_sum('value_usd', "partner_kind = 'world'") }} as whole_usd,
        coalesce({{ exact_sum('value_usd', "partner_kind not in ('world', 'bloc')") }}, 0) as parts_usd
    from {{ ref(placed) }}
    where is_flow
    group by source_name, freq, period, role, reporter, product_code, product_level, hs_revision
    {%- endfor %}

),

-- of one source: two may well differ
flows as {{ read_in_place() }} (

    select
        source_name, freq, period, extract(year from period) as year, role, reporter, partner, product_code,
        product_level, left(product_code, 2) as chapter,
        {{ comparable_revision('product_level', 'hs_revision') }} as comparable_revision, value_usd
    from {{ ref('int_flows_chosen') }}
    where reporter_is_country and value_usd is not null

),

chapters as (

    select
        source_name, freq, period, role, reporter, partner,
        {{ exact_sum('value_usd', 'product_level = 0') }} as whole_usd,
        coalesce({{ exact_sum('value_usd', 'product_level = 2') }}, 0) as parts_usd
    from flows
    where product_level in (0, 2)
    group by source_name, freq, period, role, reporter, partner

),

reporters_with_all_chapters as (

    select source_name, freq, period, role, reporter
    from chapters
    where whole_usd > 0
    group by source_name, freq, period, role, reporter
    having count(*) filter (where parts_usd >= {{ var('whole_detail_share') }} * whole_usd) >= 0.5 * count(*)
        and {{ exact_sum('parts_usd') }} >= 0.5 * {{ exact_sum('whole_usd') }}

),

-- the levels of which a reporter's year and its twelve months are loaded …
whole_years as (

    select source_name, role, reporter, product_level, comparable_revision, year
    from flows
    group by source_name, role, reporter, product_level, comparable_revision, year
    having count(distinct case when freq = 'M' then period end) = 12
        and count(*) filter (where freq = 'A') > 0

),

-- … and the chapters of each: months of listed goods alone are no statement about textiles
loaded_chapters as (

    select source_name, role, reporter, product_level, comparable_revision, year, chapter
    from flows
    group by source_name, role, reporter, product_level, comparable_revision, year, chapter
    having count(distinct freq) = 2

),

months as (

    select
        flows.role, flows.reporter, flows.partner, flows.product_code, flows.product_level, flows.comparable_revision,
        flows.year,
        coalesce({{ exact_sum('flows.value_usd', "flows.freq = 'A'") }}, 0) as whole_usd,
        coalesce({{ exact_sum('flows.value_usd', "flows.freq = 'M'") }}, 0) as parts_usd
    from flows
    inner join whole_years
        on whole_years.source_name = flows.source_name
        and whole_years.role = flows.role
        and whole_years.reporter = flows.reporter
        and whole_years.product_level = flows.product_level
        and whole_years.comparable_revision = flows.comparable_revision
        and whole_years.year = flows.year
    inner join loaded_chapters
        on loaded_chapters.source_name = flows.source_name
        and loaded_chapters.role = flows.role
        and loaded_chapters.reporter = flows.reporter
        and loaded_chapters.product_level = flows.product_level
        and loaded_chapters.comparable_revision = flows.comparable_revision
        and loaded_chapters.year = flows.year
        and loaded_chapters.chapter = flows.chapter
    group by
        flows.source_name, flows.role, flows.reporter, flows.partner, flows.product_code, flows.product_level,
        flows.comparable_revision, flows.year

),

totals as (

    select source_name, freq, period, role, reporter, {{ exact_sum('value_usd') }} as value_usd
    from flows
    where product_level = 0 and not {{ is_selective('source_name') }}
    group by source_name, freq, period, role, reporter

),

compared as (

    select
        'partners_to_world' as comparison, freq, period, role, reporter, '*' as partner, product_code, product_level,
        {{ comparable_revision('product_level', 'hs_revision') }} as comparable_revision, whole_usd, parts_usd,
        {{ var('partners_tolerance') }} as tolerance
    from partners
    where whole_usd > 0
    union all
    select
        'chapters_to_total' as comparison, chapters.freq, chapters.period, chapters.role, chapters.reporter,
        chapters.partner, '*' as product_code, 2 as product_level, 'any' as comparable_revision,
        chapters.whole_usd, chapters.parts_usd,
        {{ var('sums_tolerance') }} as tolerance
    from chapters
    inner join reporters_with_all_chapters as whole
        on whole.source_name = chapters.source_name
        and whole.freq = chapters.freq
        and whole.period = chapters.period
        and whole.role = chapters.role
        and whole.reporter = chapters.reporter
    where chapters.whole_usd > 0
    union all
    select
        'months_to_year' as comparison, 'A' as freq,
        cast(cast(year as {{ dbt.type_string() }}) || '-01-01' as date) as period,
        role, reporter, partner, product_code, product_level, comparable_revision, whole_usd, parts_usd,
        {{ var('sums_tolerance') }} as tolerance
    from months

)

select
    comparison,
    freq,
    period,
    role,
    reporter,
    partner,
    product_code,
    product_level,
    comparable_revision,
    whole_usd,
    parts_usd
from compared
where abs(parts_usd - whole_usd) > tolerance * greatest(whole_usd, parts_usd) + 1
union all
select
    'year_on_year' as comparison, later.freq, later.period, later.role, later.reporter, '*' as partner,
    'TOTAL' as product_code, 0 as product_level, 'any' as comparable_revision,
    earlier.value_usd as whole_usd,
    later.value_usd as parts_usd
from totals as later
inner join totals as earlier
    on earlier.source_name = later.source_name
    and earlier.freq = later.freq
    and earlier.role = later.role
    and earlier.reporter = later.reporter
    and earlier.period = cast({{ dbt.dateadd('year', -1, 'later.period') }} as date)
where later.value_usd < {{ var('growth_least') }} * earlier.value_usd
    or later.value_usd > {{ var('growth_most') }} * earlier.value_usd
