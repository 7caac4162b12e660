-- What either book holds of a flow, as it was recorded, and what an absence means. The gaps are computed on it
-- (mirror_gaps), for readers too, so that the widest figures are written once.
--
-- Every absence gets its type before any zero is assumed. The first that applies, in METHODS 2.3's order:
-- non_geographic, not_yet_reported, partial_period, exporter_/importer_nonreporting, neither,
-- both_reported, suppressed_possible, lost_export, orphan_import.
--
-- A side "published" a cell's period when it published that level of product in that role, period and HS
-- revision, of every partner or of this one, and the loaded data ever hold the cell's chapter for it: a download
-- of one heading is no statement about the others. Late is a side that reported until recently, in a period that is recent
-- in the data; whoever fell silent earlier is not late but does not report.
--
-- Only a cell with one book has a silent side, and only it is asked about: every look-up below goes by the silent
-- party, which is NULL for all others.
with

reports as (

    select * from {{ ref('int_reporting_calendar') }}

),

scopes as (

    select
        freq,
        role,
        reporter,
        product_level,
        chapter,
        {{ is_selective('source_name') }} as is_selective
    from {{ ref('int_chapters_recorded') }}
    group by freq, role, reporter, product_level, chapter, {{ is_selective('source_name') }}

),

-- who published what, of every partner …
answers as (

    select
        reports.freq, reports.period, reports.role, reports.reporter, reports.product_level,
        reports.comparable_revision, scopes.chapter
    from reports
    inner join scopes
        on scopes.freq = reports.freq
        and scopes.role = reports.role
        and scopes.reporter = reports.reporter
        and scopes.product_level = reports.product_level
        and not scopes.is_selective
    where reports.partner = '*'

),

-- … or of one
own_reports as (

    select freq, period, role, reporter, partner, product_level, comparable_revision
    from reports
    where partner <> '*'

),

own_scopes as (

    select freq, role, reporter, product_level, chapter from scopes where is_selective

),

-- a year that one source holds whole is whole
partial_reports as (

    select freq, period, role, reporter, product_level, comparable_revision from reports where is_partial

),

last_periods as (

    select freq, role, reporter, partner, max(last_period) as last_period
    from reports
    group by freq, role, reporter, partner

),

newest_periods as (

    select freq, max(period) as newest_period from reports group by freq

),

-- the silent side records this product with somebody else …
products_elsewhere as (

    select freq, period, role, reporter, product_code, comparable_revision
    from {{ ref('int_products_recorded') }}

),

-- … and something with this very partner, in either direction
active_pairs as (

    select freq, period, reporter, partner
    from {{ ref('int_reports_counted') }}
    group by freq, period, reporter, partner

),

residuals as (

    select freq, period, role, reporter, partner, chapter
    from {{ ref('int_suppression_candidates') }}

),

sided as (

    select
        *,
        {{ chapter_of('product_code') }} as chapter,
        coalesce(export_value_usd > 0, false) as has_export,
        coalesce(import_value_usd > 0, false) as has_import
    from {{ ref('int_flows_mirrored') }}

),

silent as (

    select
        *,
        case
            when not is_between_countries or has_export = has_import then null
            when has_export then 'import'
            else 'export'
        end as silent_role,
        case
            when not is_between_countries or has_export = has_import then null
            when has_export then importer_iso3
            else exporter_iso3
        end as silent_party,
        case when has_export then exporter_iso3 else importer_iso3 end as speaking_party
    from sided

),

examined as (

    select
        silent.*,
        answers.reporter is not null or (own_reports.reporter is not null and own_scopes.reporter is not null)
            as is_silent_side_published,
        -- of either side: what a silent side did not record in some months it may have recorded in the others
        (partial_exports.reporter is not null and whole_exports.reporter is null)
            or (partial_imports.reporter is not null and whole_imports.reporter is null) as is_partial,
        case
            when own_last.last_period > all_last.last_period then own_last.last_period
            else coalesce(all_last.last_period, own_last.last_period)
        end as silent_last_period,
        newest_periods.newest_period,
        products_elsewhere.reporter is not null as is_product_recorded_elsewhere,
        active_pairs.reporter is not null as is_pair_active,
        residuals.reporter is not null as is_suppressed_possible
    from silent
    inner join newest_periods on newest_periods.freq = silent.freq
    left join answers
        on answers.freq = silent.freq
        and answers.period = silent.period
        and answers.role = silent.silent_role
        and answers.reporter = silent.silent_party
        and answers.product_level = silent.product_level
        and answers.comparable_revision = silent.comparable_revision
        and answers.chapter = silent.chapter
    left join own_reports
        on own_reports.freq = silent.freq
        and own_reports.period = silent.period
        and own_reports.role = silent.silent_role
        and own_reports.reporter = silent.silent_party
        and own_reports.partner = silent.speaking_party
        and own_reports.product_level = silent.product_level
        and own_reports.comparable_revision = silent.comparable_revision
    left join own_scopes
        on own_scopes.freq = silent.freq
        and own_scopes.role = silent.silent_role
        and own_scopes.reporter = silent.silent_party
        and own_scopes.product_level = silent.product_level
        and own_scopes.chapter = silent.chapter
    left join partial_reports as partial_exports
        on partial_exports.freq = silent.freq
        and partial_exports.period = silent.period
        and partial_exports.role = 'export'
        and partial_exports.reporter = silent.exporter_iso3
        and partial_exports.product_level = silent.product_level
        and partial_exports.comparable_revision = silent.comparable_revision
    left join partial_reports as partial_imports
        on partial_imports.freq = silent.freq
        and partial_imports.period = silent.period
        and partial_imports.role = 'import'
        and partial_imports.reporter = silent.importer_iso3
        and partial_imports.product_level = silent.product_level
        and partial_imports.comparable_revision = silent.comparable_revision
    left join own_reports as whole_exports
        on whole_exports.freq = partial_exports.freq
        and whole_exports.period = partial_exports.period
        and whole_exports.role = 'export'
        and whole_exports.reporter = partial_exports.reporter
        and whole_exports.partner = silent.importer_iso3
        and whole_exports.product_level = partial_exports.product_level
        and whole_exports.comparable_revision = partial_exports.comparable_revision
    left join own_reports as whole_imports
        on whole_imports.freq = partial_imports.freq
        and whole_imports.period = partial_imports.period
        and whole_imports.role = 'import'
        and whole_imports.reporter = partial_imports.reporter
        and whole_imports.partner = silent.exporter_iso3
        and whole_imports.product_level = partial_imports.product_level
        and whole_imports.comparable_revision = partial_imports.comparable_revision
    left join last_periods as all_last
        on all_last.freq = silent.freq
        and all_last.role = silent.silent_role
        and all_last.reporter = silent.silent_party
        and all_last.partner = '*'
    left join last_periods as own_last
        on own_last.freq = silent.freq
        and own_last.role = silent.silent_role
        and own_last.reporter = silent.silent_party
        and own_last.partner = silent.speaking_party
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
        case silent_role when 'export' then 'exporter' else 'importer' end as silent_side,
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
    typed.freq,
    typed.period,
    typed.exporter_iso3,
    typed.importer_iso3,
    typed.product_code,
    typed.product_level,
    typed.hs_revision,
    typed.comparable_revision,
    typed.concordance_quality,
    coalesce(goods.is_controlled_then, false) as is_controlled_then,
    coalesce(goods.is_controlled_now, false) as is_controlled_now,

    typed.coverage_status,
    case
        when typed.coverage_status not in ('lost_export', 'orphan_import') then null
        when typed.is_product_recorded_elsewhere and typed.is_pair_active then 'strong'
        when typed.is_product_recorded_elsewhere or typed.is_pair_active then 'medium'
        else 'weak'
    end as zero_strength,

    typed.export_value_usd,
    typed.re_export_value_usd,
    typed.export_net_kg,
    typed.export_quantity,
    typed.export_quantity_unit,

    typed.import_value_usd,
    typed.import_basis,
    typed.import_value_fob_usd,
    typed.margin_low,
    typed.margin_mid,
    typed.margin_high,
    typed.import_net_kg,
    typed.import_quantity,
    typed.import_quantity_unit
from typed
left join {{ ref('int_goods_controlled') }} as goods
    on goods.freq = typed.freq
    and goods.period = typed.period
    and goods.product_code = typed.product_code
    and goods.hs_revision = typed.hs_revision
