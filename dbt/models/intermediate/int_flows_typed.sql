-- Every absence gets its type before any zero is assumed. The first that applies, in METHODS 2.3's order:
-- non_geographic, not_yet_reported, partial_period, exporter_/importer_nonreporting, neither,
-- both_reported, suppressed_possible, lost_export, orphan_import.
--
-- A side "published" a cell's period when it published that level of product in that role, period and HS
-- revision, of every partner or of this one, and the loaded data ever hold the cell's chapter for it: a download
-- of one heading is no statement about the others. Late is a side that reported until recently, in a period that is recent
-- in the data; whoever fell silent earlier is not late but does not report.
with

mirrored as (

    select
        *,
        {{ chapter_of('product_code') }} as chapter,
        coalesce(export_value_usd > 0, false) as has_export,
        coalesce(import_value_usd > 0, false) as has_import
    from {{ ref('int_flows_mirrored') }}

),

reports as (

    select * from {{ ref('int_reports_dated') }}

),

flows as (

    select
        *,
        {{ is_selective('source_name') }} as is_selective,
        left(product_code, 2) as chapter,
        {{ comparable_revision('product_level', 'hs_revision') }} as comparable_revision
    from {{ ref('int_flows_chosen') }}

),

scopes as (

    select distinct freq, role, reporter, product_level, chapter, is_selective from flows

),

-- who may have spoken of whom, of what …
questions as (

    select distinct
        freq, period, 'export' as role, exporter_iso3 as reporter, importer_iso3 as partner,
        product_level, comparable_revision, chapter
    from mirrored
    union all
    select distinct
        freq, period, 'import' as role, importer_iso3 as reporter, exporter_iso3 as partner,
        product_level, comparable_revision, chapter
    from mirrored

),

-- … and who did: a year that one source holds whole is whole
answers as (

    select
        questions.*,
        count(scopes.reporter) > 0 as is_published,
        min(case when reports.is_partial then 1 else 0 end) = 1 as is_partial
    from questions
    inner join reports
        on reports.freq = questions.freq
        and reports.period = questions.period
        and reports.role = questions.role
        and reports.reporter = questions.reporter
        and reports.partner in ('*', questions.partner)
        and reports.product_level = questions.product_level
        and reports.comparable_revision = questions.comparable_revision
    left join scopes
        on scopes.freq = questions.freq
        and scopes.role = questions.role
        and scopes.reporter = questions.reporter
        and scopes.product_level = questions.product_level
        and scopes.chapter = questions.chapter
        and scopes.is_selective = (reports.partner <> '*')
    group by
        questions.freq, questions.period, questions.role, questions.reporter, questions.partner,
        questions.product_level, questions.comparable_revision, questions.chapter

),

last_periods as (

    select pairs.freq, pairs.role, pairs.reporter, pairs.partner, max(reports.last_period) as last_period
    from (select distinct freq, role, reporter, partner from questions) as pairs
    inner join (select distinct freq, role, reporter, partner, last_period from reports) as reports
        on reports.freq = pairs.freq
        and reports.role = pairs.role
        and reports.reporter = pairs.reporter
        and reports.partner in ('*', pairs.partner)
    group by pairs.freq, pairs.role, pairs.reporter, pairs.partner

),

newest_periods as (

    select freq, max(period) as newest_period from reports group by freq

),

groups as (

    select * from {{ ref('int_products_grouped') }}

),

silent as (

    select
        mirrored.*,
        case when has_export then 'importer' else 'exporter' end as silent_side,
        case when has_export then 'import' else 'export' end as silent_role,
        case when has_export then importer_iso3 else exporter_iso3 end as silent_party,
        case when has_export then exporter_iso3 else importer_iso3 end as speaking_party
    from mirrored

),

-- the silent side records this product with somebody else …
products_elsewhere as (

    select distinct freq, period, role, reporter, product_code, comparable_revision from flows
    union
    -- a group, whoever it was recorded with, by those who have one to compare
    select
        flows.freq, flows.period, flows.role, flows.reporter,
        groups.stable_group_id as product_code, 'mixed' as comparable_revision
    from flows
    inner join (
        select distinct freq, period, silent_role, silent_party
        from silent
        where comparable_revision = 'mixed'
    ) as asked
        on asked.freq = flows.freq
        and asked.period = flows.period
        and asked.silent_role = flows.role
        and asked.silent_party = flows.reporter
    inner join groups
        on groups.hs_revision = flows.hs_revision
        and groups.product_code = flows.product_code
    where flows.product_level = 6

),

-- … and something with this very partner, in either direction
active_pairs as (

    select distinct freq, period, reporter, partner from flows

),

residuals as (

    select * from {{ ref('int_residuals_measured') }} where is_suppressed_possible

),

examined as (

    select
        silent.*,
        coalesce(exporter_answers.is_published, false) as is_exporter_published,
        coalesce(importer_answers.is_published, false) as is_importer_published,
        -- of either side: what a silent side did not record in some months it may have recorded in the others
        coalesce(exporter_answers.is_partial, false) or coalesce(importer_answers.is_partial, false) as is_partial,
        last_periods.last_period as silent_last_period,
        newest_periods.newest_period,
        products_elsewhere.reporter is not null as is_product_recorded_elsewhere,
        active_pairs.reporter is not null as is_pair_active,
        residuals.reporter is not null as is_suppressed_possible
    from silent
    inner join newest_periods on newest_periods.freq = silent.freq
    left join answers as exporter_answers
        on exporter_answers.freq = silent.freq
        and exporter_answers.period = silent.period
        and exporter_answers.role = 'export'
        and exporter_answers.reporter = silent.exporter_iso3
        and exporter_answers.partner = silent.importer_iso3
        and exporter_answers.product_level = silent.product_level
        and exporter_answers.comparable_revision = silent.comparable_revision
        and exporter_answers.chapter = silent.chapter
    left join answers as importer_answers
        on importer_answers.freq = silent.freq
        and importer_answers.period = silent.period
        and importer_answers.role = 'import'
        and importer_answers.reporter = silent.importer_iso3
        and importer_answers.partner = silent.exporter_iso3
        and importer_answers.product_level = silent.product_level
        and importer_answers.comparable_revision = silent.comparable_revision
        and importer_answers.chapter = silent.chapter
    left join last_periods
        on last_periods.freq = silent.freq
        and last_periods.role = silent.silent_role
        and last_periods.reporter = silent.silent_party
        and last_periods.partner = silent.speaking_party
    left join products_elsewhere
        on products_elsewhere.freq = silent.freq
        and products_elsewhere.period = silent.period
        and products_elsewhere.role = silent.silent_role
        and products_elsewhere.reporter = silent.silent_party
        and products_elsewhere.product_code = silent.product_code
        and products_elsewhere.comparable_revision = silent.comparable_revision
    left join active_pairs
        on active_pairs.freq = silent.freq
        and active_pairs.period = silent.period
        and active_pairs.reporter = silent.silent_party
        and active_pairs.partner = silent.speaking_party
    left join residuals
        on residuals.freq = silent.freq
        and residuals.period = silent.period
        and residuals.role = silent.silent_role
        and residuals.reporter = silent.silent_party
        and residuals.partner = silent.speaking_party
        and residuals.chapter = silent.chapter
        and silent.product_level >= 4

),

dated as (

    select
        *,
        case when silent_side = 'exporter' then is_exporter_published else is_importer_published end
            as is_silent_side_published,
        period > silent_last_period
            and {{ months_between('silent_last_period', 'period') }} <= {{ late_months('freq') }}
            and {{ months_between('period', 'newest_period') }} <= {{ late_months('freq') }} as is_late
    from examined

),

typed as (

    select
        *,
        case
            when not is_between_countries then 'non_geographic'
            when has_export and has_import and not is_partial then 'both_reported'
            when has_export <> has_import and not is_silent_side_published and coalesce(is_late, false)
                then 'not_yet_reported'
            when is_partial then 'partial_period'
            when not has_export and not has_import then 'neither'
            when not is_silent_side_published then silent_side || '_nonreporting'
            when is_suppressed_possible then 'suppressed_possible'
            when has_export then 'lost_export'
            else 'orphan_import'
        end as coverage_status
    from dated

)

select
    freq,
    period,
    exporter_iso3,
    importer_iso3,
    is_between_countries,
    product_code,
    product_level,
    hs_revision,
    comparable_revision,
    concordance_quality,

    coverage_status,
    case
        when coverage_status not in ('lost_export', 'orphan_import') then null
        when is_product_recorded_elsewhere and is_pair_active then 'strong'
        when is_product_recorded_elsewhere or is_pair_active then 'medium'
        else 'weak'
    end as zero_strength,

    export_value_usd,
    re_export_value_usd,
    export_net_kg,
    export_quantity,
    export_quantity_unit,

    import_value_usd,
    import_value_fob_usd,
    import_value_fob_low_usd,
    import_value_fob_high_usd,
    import_basis,
    margin_low,
    margin_mid,
    margin_high,
    import_net_kg,
    import_quantity,
    import_quantity_unit
from typed
