{{ config(materialized='table', event_time='') }}  -- a file is no period
-- For each file of trade: its rows by what became of them. `reason` is NULL for rows that are used: they are flows of
-- their source (which of two sources is used for a flow is another question: source_differences). Only rows that the
-- file brought: what is the same as in a file before it stays that file's.
with

country_codes as (

    select publisher, code, kind from {{ ref('int_country_codes_resolved') }}

),

used_revisions as (

    {{ used_revisions() }}

),

comtrade_rows as (

    select
        landing_id, freq, period, reporter_code, partner_code, flow, product_level, gone_at,
        {{ revision_rank() }} as revision_rank,
        count(*) as rows
    from {{ ref('stg_comtrade__flow_versions') }}
    group by
        landing_id, freq, period, reporter_code, partner_code, flow, product_level, gone_at, {{ revision_rank() }}

),

eurostat_rows as (

    select landing_id, reporter_code, partner_code, count(*) as rows
    from {{ ref('stg_eurostat__flows') }}
    group by landing_id, reporter_code, partner_code
    union all
    select landing_id, reporter_label as reporter_code, partner_label as partner_code, count(*) as rows
    from {{ ref('stg_eurostat__downloads') }}
    group by landing_id, reporter_label, partner_label

),

national_rows as (

    {{ national_reports() }}

),

judged as (

    select
        comtrade_rows.landing_id,
        case
            when comtrade_rows.gone_at is not null then 'replaced by a later file'
            when reporters.code is null then 'an unknown reporterCode'
            when partners.code is null then 'an unknown partnerCode'
            when reporters.kind in ('world', 'bloc') then 'reporters that are blocs'
            when partners.kind = 'world' then 'all partners together, compared with their sum'
            when partners.kind = 'bloc' then 'partners that are blocs'
            when used_revisions.freq is null then 'in another revision of the HS than the one used'
        end as reason,
        case
            when reporters.code is null then comtrade_rows.reporter_code
            when partners.code is null then comtrade_rows.partner_code
        end as code,
        comtrade_rows.rows
    from comtrade_rows
    left join country_codes as reporters
        on reporters.publisher = 'comtrade' and reporters.code = comtrade_rows.reporter_code
    left join country_codes as partners
        on partners.publisher = 'comtrade' and partners.code = comtrade_rows.partner_code
    left join used_revisions
        on used_revisions.freq = comtrade_rows.freq
        and used_revisions.period = comtrade_rows.period
        and used_revisions.reporter_code = comtrade_rows.reporter_code
        and used_revisions.flow = comtrade_rows.flow
        and used_revisions.product_level = comtrade_rows.product_level
        and used_revisions.revision_rank = comtrade_rows.revision_rank
    union all
    select landing_id, reason, case when excluded_by <> 'typeCode' then code end as code, 1 as rows
    from {{ ref('int_comtrade_rows_excluded') }}
    union all
    select
        eurostat_rows.landing_id,
        case
            when reporters.code is null then 'an unknown reporter'
            when partners.code is null then 'an unknown partner'
            when reporters.kind in ('world', 'bloc') then 'reporters that are blocs'
            when partners.kind in ('world', 'bloc') then 'partners that are blocs'
        end as reason,
        case
            when reporters.code is null then eurostat_rows.reporter_code
            when partners.code is null then eurostat_rows.partner_code
        end as code,
        eurostat_rows.rows
    from eurostat_rows
    left join country_codes as reporters
        on reporters.publisher = 'eurostat' and reporters.code = eurostat_rows.reporter_code
    left join country_codes as partners
        on partners.publisher = 'eurostat' and partners.code = eurostat_rows.partner_code
    union all
    select
        national_rows.landing_id,
        case
            when not national_rows.is_whole_year then 'months of a year that is not whole'
            when partners.code is null then 'an unknown partner'
            when partners.kind = 'world' then 'all partners together, compared with their sum'
            when partners.kind = 'bloc' then 'partners that are blocs'
        end as reason,
        case when partners.code is null then national_rows.partner_code end as code,
        1 as rows
    from national_rows
    left join country_codes as partners
        on partners.publisher = national_rows.source_name and partners.code = national_rows.partner_code
    union all
    select landing_id, unused_because as reason, cast(null as {{ dbt.type_string() }}) as code, 1 as rows
    from {{ ref('int_own_flows_placed') }}
    union all
    select landing_id, unused_because as reason, cast(null as {{ dbt.type_string() }}) as code, file_rows as rows
    from {{ ref('int_customs_flows_placed') }}
    where landing_id is not null
    union all
    -- a line of Japan's files holds the months of a year
    select
        lines.landing_id,
        case when partners.code is null then 'an unknown partner' end as reason,
        case when partners.code is null then lines.partner_code end as code,
        1 as rows
    from (
        select distinct
            'japan_customs' as source_name, landing_id, role, extract(year from period) as year, partner_code, commodity_code
        from {{ ref('stg_japan_customs__flows') }}
    ) as lines
    left join country_codes as partners
        on partners.publisher = lines.source_name and partners.code = lines.partner_code
    union all
    select flows.landing_id, 'an unknown partner' as reason, flows.partner_code as code, 1 as rows
    from {{ ref('stg_us_census__flows') }} as flows
    left join country_codes as partners
        on partners.publisher = 'us_census' and partners.code = flows.partner_code
    where partners.code is null

),

counted as (

    select landing_id, reason, code, sum(rows) as rows
    from judged
    group by landing_id, reason, code

)

select
    landing_id,
    reason,
    {{ joined_text('code') }} as codes,
    cast(sum(rows) as bigint) as rows
from counted
group by landing_id, reason
