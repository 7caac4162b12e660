-- Both sides of every flow on one row, imports brought to FOB, and what an absence means (METHODS 2.3, 2.4).
--
-- The sides meet in a full outer join: a missing side is NULL. Codes meet within one HS revision, or across revisions
-- where they are one thing in both (int_flows_aligned); chapters and totals meet across revisions. A country's trade with
-- itself (returned goods) has no mirror and is left out.
--
-- Every absence gets its type before any zero is assumed. The first that applies: non_geographic, unvalued (reported in
-- a currency without a rate), not_yet_reported, partial_period, neither, exporter_/importer_nonreporting, other_revision,
-- both_reported, suppressed_possible, partner_hidden, lost_export, orphan_import.
--
-- A side reported a cell's period when it reported that level of product in that role, period and HS
-- revision, of every partner or of this one, and the loaded data ever hold the cell's chapter for it. Late is a side
-- that reported until recently, in a period that is recent in the data; one that stopped earlier is non-reporting.
-- A report that shows itself to lack something (int_reports_doubted) is partial, and what is missing in it no zero.
{% set is_one_sided = 'is_between_countries and has_export <> has_import' %}
with

exports as (

    select * from {{ ref('int_flows_aligned') }} where role = 'export' and reporter <> partner

),

imports as (

    select * from {{ ref('int_flows_aligned') }} where role = 'import' and reporter <> partner

),

mirrored as (

    select
        coalesce(exports.freq, imports.freq) as freq,
        coalesce(exports.period, imports.period) as period,
        coalesce(exports.reporter, imports.partner) as exporter_iso3,
        coalesce(exports.partner, imports.reporter) as importer_iso3,
        coalesce(exports.reporter_is_country, imports.partner_is_country)
            and coalesce(exports.partner_is_country, imports.reporter_is_country) as is_between_countries,
        coalesce(exports.product_code, imports.product_code) as product_code,
        coalesce(exports.product_level, imports.product_level) as product_level,
        coalesce(exports.comparable_revision, imports.comparable_revision) as comparable_revision,
        -- a code that meets in no revision is in the exporter's
        case
            when exports.hs_revision <> imports.hs_revision and exports.comparable_revision <> 'none' then 'mixed'
            else coalesce(exports.hs_revision, imports.hs_revision)
        end as hs_revision,
        -- chapters of two revisions hold nearly the same, and no source states how nearly
        case
            when exports.hs_revision <> imports.hs_revision and (exports.product_level = 2 or exports.comparable_revision = 'none')
                then null
            else coalesce(exports.concordance_quality, imports.concordance_quality)
        end as concordance_quality,

        (exports.reporter is not null and exports.value_usd is null)
            or (imports.reporter is not null and imports.value_usd is null) as is_unvalued,

        coalesce(exports.value_usd > 0, false) as has_export,
        exports.value_usd as export_value_usd,
        exports.re_traded_value_usd as re_export_value_usd,
        exports.net_kg as export_net_kg,
        exports.quantity as export_quantity,
        exports.quantity_unit as export_quantity_unit,

        imports.reporter is not null as has_import_row,
        coalesce(imports.value_usd > 0, false) as has_import,
        imports.value_usd as import_value_usd,
        case when imports.published_fob_value_usd > 0 then imports.published_fob_value_usd end as published_fob_usd,
        imports.net_kg as import_net_kg,
        imports.quantity as import_quantity,
        imports.quantity_unit as import_quantity_unit
    from exports
    full outer join imports
        on imports.freq = exports.freq
        and imports.period = exports.period
        and imports.partner = exports.reporter
        and imports.reporter = exports.partner
        and imports.product_code = exports.product_code
        and imports.comparable_revision = exports.comparable_revision

),

-- only a cell that one side reported has a missing side: the look-ups below use it, and it is NULL for all others
sided as (

    select
        *,
        {{ chapter_of('product_code') }} as chapter,
        case when product_level >= 4 then {{ chapter_of('product_code') }} end as detail_chapter,
        case when {{ is_one_sided }} then case when has_export then 'import' else 'export' end end as missing_role,
        case when {{ is_one_sided }} then case when has_export then importer_iso3 else exporter_iso3 end end
            as missing_party,
        case when has_export then exporter_iso3 else importer_iso3 end as reporting_party
    from mirrored

),

margins as (

    select * from {{ ref('int_margins_assigned') }}

),

-- a published FOB value is preferred, then the margin that is known, then the default; whatever the sign of the gap
valued as (

    select
        sided.*,
        case
            when not sided.has_import_row then null
            when sided.published_fob_usd is not null then 'published_fob'
            when known.method = 'reported_fob' then known.method
            else 'cif_' || coalesce(known.method, defaults.method)
        end as import_basis,
        {% for bound in ['low', 'mid', 'high'] -%}
        case
            when not sided.has_import_row then null
            when sided.published_fob_usd is not null then 0
            else coalesce(known.margin_{{ bound }}, defaults.margin_{{ bound }})
        end as margin_{{ bound }},
        {% endfor -%}
        -- what imports under partners that are no country are brought to FOB with
        coalesce(known.margin_mid, defaults.margin_mid) as hidden_margin
    from sided
    left join margins as known
        on known.exporter_iso3 = sided.exporter_iso3
        and known.importer_iso3 = sided.importer_iso3
        and known.product_chapter = case when sided.product_level = 0 then '*' else sided.chapter end
        and known.year = extract(year from sided.period)
    left join margins as defaults
        on defaults.exporter_iso3 = '*'
        and defaults.year = extract(year from sided.period)

),

reports as (

    select * from {{ ref('int_reporting_calendar') }}

),

scopes as (

    select freq, role, reporter, product_level, chapter, {{ is_selective('source_name') }} as is_selective
    from {{ ref('int_chapters_recorded') }}
    group by freq, role, reporter, product_level, chapter, {{ is_selective('source_name') }}

),

-- who reported what, of every partner …
whole_reports as (

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

-- a year of some months only; one that a source of selected partners holds whole is whole for those
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

-- the missing side reports this product with another country, and how much of it with partners that are no country …
products_elsewhere as (

    select
        freq, period, role, reporter, product_code,
        {{ comparable_revision('product_level', 'hs_revision') }} as comparable_revision,
        count(*) filter (where partner_is_country) > 0 as is_with_a_country,
        {{ exact_sum('value_usd', 'not partner_is_country') }} as hidden_value_usd
    from {{ ref('int_flows_chosen') }}
    group by freq, period, role, reporter, product_code, {{ comparable_revision('product_level', 'hs_revision') }}
    union all
    select
        flows.freq, flows.period, flows.role, flows.reporter,
        groups.stable_group_id as product_code,
        'mixed' as comparable_revision,
        count(*) filter (where flows.partner_is_country) > 0 as is_with_a_country,
        {{ exact_sum('flows.value_usd', 'not flows.partner_is_country') }} as hidden_value_usd
    from {{ ref('int_flows_chosen') }} as flows
    inner join {{ ref('int_products_grouped') }} as groups
        on groups.hs_revision = flows.hs_revision
        and groups.product_code = flows.product_code
    where flows.product_level = 6
    group by flows.freq, flows.period, flows.role, flows.reporter, groups.stable_group_id

),

-- … and something with this very partner, in either direction
active_pairs as (

    select freq, period, reporter, partner
    from {{ ref('int_reports_ranked') }}
    where is_used
    group by freq, period, reporter, partner

),

suppression_candidates as (

    select freq, period, role, reporter, partner, chapter from {{ ref('int_suppression_candidates') }}

),

doubts as (

    select distinct freq, period, role, reporter, partner, product_code, product_level, comparable_revision
    from {{ ref('int_reports_doubted') }}

),

examined as (

    select
        valued.*,
        {{ to_fob('coalesce(valued.published_fob_usd, valued.import_value_usd)', 'valued.margin_mid') }} as import_value_fob_usd,
        coalesce(doubts_of_all.reporter, doubts_of_one.reporter, doubts_of_level.reporter) is not null as is_doubted,
        whole_reports.reporter is not null or (own_reports.reporter is not null and own_scopes.reporter is not null)
            as is_missing_side_reporting,
        -- of either side: what the missing side did not report in some months it may have traded in the others
        (partial_exports.reporter is not null and whole_exports.reporter is null)
            or (partial_imports.reporter is not null and whole_imports.reporter is null) as is_partial,
        case
            when own_last.last_period > all_last.last_period then own_last.last_period
            else coalesce(all_last.last_period, own_last.last_period)
        end as missing_last_period,
        newest_periods.newest_period,
        coalesce(products_elsewhere.is_with_a_country, false) as is_product_recorded_elsewhere,
        case
            when valued.missing_role = 'export' then products_elsewhere.hidden_value_usd
            else {{ to_fob('products_elsewhere.hidden_value_usd', 'valued.hidden_margin') }}
        end as hidden_usd,
        active_pairs.reporter is not null as is_pair_active,
        suppression_candidates.reporter is not null as is_suppressed_possible
    from valued
    inner join newest_periods on newest_periods.freq = valued.freq
    left join whole_reports
        on whole_reports.freq = valued.freq
        and whole_reports.period = valued.period
        and whole_reports.role = valued.missing_role
        and whole_reports.reporter = valued.missing_party
        and whole_reports.product_level = valued.product_level
        and whole_reports.comparable_revision = valued.comparable_revision
        and whole_reports.chapter = valued.chapter
    left join own_reports
        on own_reports.freq = valued.freq
        and own_reports.period = valued.period
        and own_reports.role = valued.missing_role
        and own_reports.reporter = valued.missing_party
        and own_reports.partner = valued.reporting_party
        and own_reports.product_level = valued.product_level
        and own_reports.comparable_revision = valued.comparable_revision
    left join own_scopes
        on own_scopes.freq = valued.freq
        and own_scopes.role = valued.missing_role
        and own_scopes.reporter = valued.missing_party
        and own_scopes.product_level = valued.product_level
        and own_scopes.chapter = valued.chapter
    {% for side, party, partner in [('export', 'exporter_iso3', 'importer_iso3'), ('import', 'importer_iso3', 'exporter_iso3')] -%}
    left join partial_reports as partial_{{ side }}s
        on partial_{{ side }}s.freq = valued.freq
        and partial_{{ side }}s.period = valued.period
        and partial_{{ side }}s.role = '{{ side }}'
        and partial_{{ side }}s.reporter = valued.{{ party }}
        and partial_{{ side }}s.product_level = valued.product_level
        and partial_{{ side }}s.comparable_revision = valued.comparable_revision
    left join own_reports as whole_{{ side }}s
        on whole_{{ side }}s.freq = partial_{{ side }}s.freq
        and whole_{{ side }}s.period = partial_{{ side }}s.period
        and whole_{{ side }}s.role = '{{ side }}'
        and whole_{{ side }}s.reporter = partial_{{ side }}s.reporter
        and whole_{{ side }}s.partner = valued.{{ partner }}
        and whole_{{ side }}s.product_level = partial_{{ side }}s.product_level
        and whole_{{ side }}s.comparable_revision = partial_{{ side }}s.comparable_revision
    {% endfor -%}
    left join last_periods as all_last
        on all_last.freq = valued.freq
        and all_last.role = valued.missing_role
        and all_last.reporter = valued.missing_party
        and all_last.partner = '*'
    left join last_periods as own_last
        on own_last.freq = valued.freq
        and own_last.role = valued.missing_role
        and own_last.reporter = valued.missing_party
        and own_last.partner = valued.reporting_party
    left join products_elsewhere
        on products_elsewhere.freq = valued.freq
        and products_elsewhere.period = valued.period
        and products_elsewhere.role = valued.missing_role
        and products_elsewhere.reporter = valued.missing_party
        and products_elsewhere.product_code = valued.product_code
        and products_elsewhere.comparable_revision = valued.comparable_revision
    left join active_pairs
        on active_pairs.freq = valued.freq
        and active_pairs.period = valued.period
        and active_pairs.reporter = valued.missing_party
        and active_pairs.partner = valued.reporting_party
    left join doubts as doubts_of_all
        on doubts_of_all.freq = valued.freq
        and doubts_of_all.period = valued.period
        and doubts_of_all.role = valued.missing_role
        and doubts_of_all.reporter = valued.missing_party
        and doubts_of_all.partner = '*'
        and doubts_of_all.product_code = valued.product_code
        and doubts_of_all.comparable_revision = valued.comparable_revision
    left join doubts as doubts_of_one
        on doubts_of_one.freq = valued.freq
        and doubts_of_one.period = valued.period
        and doubts_of_one.role = valued.missing_role
        and doubts_of_one.reporter = valued.missing_party
        and doubts_of_one.partner = valued.reporting_party
        and doubts_of_one.product_code = valued.product_code
        and doubts_of_one.comparable_revision = valued.comparable_revision
    left join doubts as doubts_of_level
        on doubts_of_level.freq = valued.freq
        and doubts_of_level.period = valued.period
        and doubts_of_level.role = valued.missing_role
        and doubts_of_level.reporter = valued.missing_party
        and doubts_of_level.partner = valued.reporting_party
        and doubts_of_level.product_code = '*'
        and doubts_of_level.product_level = valued.product_level
    left join suppression_candidates
        on suppression_candidates.freq = valued.freq
        and suppression_candidates.period = valued.period
        and suppression_candidates.role = valued.missing_role
        and suppression_candidates.reporter = valued.missing_party
        and suppression_candidates.partner = valued.reporting_party
        and suppression_candidates.chapter = valued.detail_chapter

),

typed as (

    select
        *,
        case
            when not is_between_countries then 'non_geographic'
            when is_unvalued then 'unvalued'
            when has_export and has_import and not is_partial
                then case comparable_revision when 'none' then 'other_revision' else 'both_reported' end
            when has_export <> has_import and not is_missing_side_reporting
                and period > missing_last_period
                and {{ months_between('missing_last_period', 'period') }} <= {{ late_months('freq') }}
                and {{ months_between('period', 'newest_period') }} <= {{ late_months('freq') }}
                then 'not_yet_reported'
            when is_partial then 'partial_period'
            when not has_export and not has_import then 'neither'
            when not is_missing_side_reporting
                then case missing_role when 'export' then 'exporter' else 'importer' end || '_nonreporting'
            when is_doubted then 'partial_period'
            when comparable_revision = 'none' then 'other_revision'
            when is_suppressed_possible then 'suppressed_possible'
            when hidden_usd >= {{ var('hidden_least_share') }} * coalesce(nullif(export_value_usd, 0), import_value_fob_usd)
                then 'partner_hidden'
            when has_export then 'lost_export'
            else 'orphan_import'
        end as coverage_status
    from examined

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

    case when typed.coverage_status = 'partner_hidden' then typed.hidden_usd end as hidden_usd,

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
