{{ config(materialized='view') }}
-- One value for a flow, for those who need one: the mean in logs of both reports, each counting the more, the
-- smaller its reporter's error is (METHODS 2.15). The gap is gone in it, so that no gap may ever be looked for here. What one
-- side recorded and the other did not stays as it was recorded: a mean with nothing has no meaning.
{% set floor = var('reliability_floor') %}
with

flows as (

    select
        *,
        case
            when coverage_status in ('neither', 'partial_period') then 'none'
            when coverage_status = 'both_reported' then 'both'
            when coverage_status = 'partner_hidden' then case when import_value_usd > 0 then 'importer' else 'exporter' end
            when export_value_usd > 0 then 'exporter'
            when import_value_fob_usd > 0 then 'importer'
            else 'none'
        end as source
    from {{ ref('mirror_gaps') }}

),

reporters as (

    select * from {{ ref('reporter_reliability') }} where variant = 'total'

),

about as (

    select * from {{ ref('about') }}

),

rated as (

    select
        flows.*,
        exporters.noise_sd as export_error,
        importers.noise_sd as import_error,
        coalesce(exporters.bias_log, 0) as export_bias_log,
        coalesce(importers.bias_log, 0) as import_bias_log,
        case
            when flows.source = 'exporter' then 1
            when flows.source = 'importer' then 0
            -- where neither reporter is rated, both count alike
            when flows.source = 'both' then
                coalesce({{ reconciled_weight('exporters.noise_sd', 'importers.noise_sd', floor) }}, 0.5)
        end as weight_export
    from flows
    left join reporters as exporters
        on exporters.country_iso3 = flows.exporter_iso3
        and exporters.role = 'export'
    left join reporters as importers
        on importers.country_iso3 = flows.importer_iso3
        and importers.role = 'import'

),

valued as (

    select
        *,
        case source
            when 'both' then {{ reconciled_value('export_value_usd', 'import_value_fob_usd', 'weight_export') }}
            when 'exporter' then export_value_usd
            when 'importer' then import_value_fob_usd
        end as value_usd,
        case source
            when 'both' then {{ reconciled_error('export_error', 'import_error', floor) }}
            when 'exporter' then sqrt(power(export_error, 2) + power({{ floor }}, 2))
            when 'importer' then sqrt(power(import_error, 2) + power({{ floor }}, 2))
        end as se_log
    from rated

)

select
    valued.freq,
    valued.period,
    valued.exporter_iso3,
    valued.importer_iso3,
    valued.product_code,
    valued.product_level,
    valued.hs_revision,
    valued.comparable_revision,

    valued.source,
    valued.coverage_status in ('lost_export', 'orphan_import') as is_other_side_zero,
    valued.zero_strength,
    case
        when valued.source = 'none' then valued.coverage_status
        when valued.se_log is null then 'reliability_unknown'
    end as reason,

    valued.value_usd,
    valued.value_usd * exp(-1.645 * valued.se_log) as value_low_usd,
    valued.value_usd * exp(1.645 * valued.se_log) as value_high_usd,
    valued.value_usd
        * exp(-valued.weight_export * valued.export_bias_log - (1 - valued.weight_export) * valued.import_bias_log)
        as value_unbiased_usd,
    valued.se_log,
    valued.weight_export,

    {{ provenance_columns('about') }}
from valued
cross join about
