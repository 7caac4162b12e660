-- Published figures, the article's first, held against this warehouse. What is not loaded is `data_missing`, never a
-- guess. Each row's query is made of the same sums and the same formula that compute its figure here.

{#- What is added up of a claim's components; the figure's own flows, and those of its base. -#}
{%- set sums = {
    'figure_value': 'sum(reported_value) filter (where not is_base)',
    'figure_kg': 'sum(reported_net_kg) filter (where not is_base)',
    'figure_exports': 'sum(export_value_usd) filter (where not is_base)',
    'figure_imports': 'sum(import_value_usd) filter (where not is_base)',
    'figure_fob_imports': 'sum(import_value_fob_usd) filter (where not is_base)',
    'figure_periods': 'count(distinct period) filter (where not is_base)',
    'base_value': 'sum(reported_value) filter (where is_base)',
    'base_kg': 'sum(reported_net_kg) filter (where is_base)',
    'base_exports': 'sum(export_value_usd) filter (where is_base)',
    'base_fob_imports': 'sum(import_value_fob_usd) filter (where is_base)',
    'base_periods': 'count(distinct period) filter (where is_base)',
    'highest_month': 'max(reported_value) filter (where not is_base)',
    'lowest_3_months': 'min(mean_of_3_months) filter (where not is_base)',
    'last_3_months': 'max(mean_of_3_months) filter (where not is_base and is_last_month)',
} -%}
{%- set mean_of_3_months -%}
        case
            when row_number() over (partition by claim_id, is_base order by period nulls last) >= 3
                then avg(reported_value) over (
                    partition by claim_id, is_base order by period nulls last rows between 2 preceding and current row
                )
        end
{%- endset -%}
{%- set value_and_base = ['figure_value', 'figure_periods', 'base_value', 'base_periods'] -%}
{#- How a measure is made of them: which it needs, and its formula. -#}
{%- set measures = {
    'sum': {'needs': ['figure_value'], 'formula': 'figure_value'},
    'unit_value': {'needs': ['figure_value', 'figure_kg'], 'formula': 'figure_value / nullif(figure_kg, 0)'},
    'monthly_mean': {'needs': ['figure_value', 'figure_periods'], 'formula': 'figure_value / figure_periods'},
    'change': {
        'needs': value_and_base,
        'formula': 'figure_value - base_value / base_periods * figure_periods',
    },
    'growth': {
        'needs': value_and_base,
        'formula': '100 * (figure_value / figure_periods / nullif(base_value / base_periods, 0) - 1)',
    },
    'growth_kg': {
        'needs': value_and_base,
        'formula': '100 * (figure_value / figure_periods / nullif(base_value / base_periods, 0) - 1)',
    },
    'growth_unit_value': {
        'needs': ['figure_value', 'figure_kg', 'base_value', 'base_kg'],
        'formula': '100 * (figure_value / nullif(figure_kg, 0) / nullif(base_value / nullif(base_kg, 0), 0) - 1)',
    },
    'peak': {
        'needs': ['highest_month', 'base_value', 'base_periods'],
        'formula': '100 * (highest_month / nullif(base_value / base_periods, 0) - 1)',
    },
    'dip_and_return': {
        'needs': ['lowest_3_months', 'last_3_months', 'base_value', 'base_periods'],
        'formula': 'case when lowest_3_months < base_value / base_periods and last_3_months > lowest_3_months then 1.0 '
            ~ 'when last_3_months is not null then 0.0 end',
    },
    'gap': {'needs': ['figure_exports', 'figure_imports'], 'formula': 'figure_exports - figure_imports'},
    'gap_share': {
        'needs': ['figure_exports', 'figure_imports'],
        'formula': '100 * (figure_exports - figure_imports) / nullif(figure_exports, 0)',
    },
    'gap_as_published': {'needs': ['figure_value', 'base_value'], 'formula': 'figure_value - base_value'},
    'unrecorded_share': {
        'needs': [
            'figure_exports', 'figure_fob_imports', 'figure_periods',
            'base_exports', 'base_fob_imports', 'base_periods',
        ],
        'formula': '100 * (1 - (figure_fob_imports / figure_periods - base_fob_imports / base_periods) '
            ~ '/ nullif(figure_exports / figure_periods - base_exports / base_periods, 0))',
    },
    'share_of_all': {
        'needs': ['figure_value', 'base_value'], 'formula': '100 * coalesce(figure_value, 0) / nullif(base_value, 0)',
    },
    'onward_share': {
        'needs': ['figure_value', 'base_value'], 'formula': '100 * figure_value / nullif(base_value, 0)',
    },
} %}
with

published_claims as (

    select
        *,
        {{ months_between('period_from', 'period_to') }} + 1 as months
    from {{ ref('stg_seeds__published_claims') }}

),

components as (

    select * from {{ ref('claim_components') }} where is_complete

),

examined as (

    select * from {{ ref('int_claims_examined') }}

),

builds as (

    select * from {{ ref('int_builds_described') }}

),

-- decimals, so that a sum does not depend on the order of its rows
periods as (

    select
        claim_id,
        is_base,
        period,
        sum(cast(reported_value as decimal(38, 6))) as reported_value,
        sum(cast(reported_net_kg as decimal(38, 6))) as reported_net_kg,
        sum(cast(export_value_usd as decimal(38, 6))) as export_value_usd,
        sum(cast(import_value_usd as decimal(38, 6))) as import_value_usd,
        sum(cast(import_value_fob_usd as decimal(38, 6))) as import_value_fob_usd
    from components
    group by claim_id, is_base, period

),

months as (

    select
        *,
        {{ mean_of_3_months }} as mean_of_3_months,
        period = max(period) over (partition by claim_id, is_base) as is_last_month
    from periods

),

sums as (

    select
        {%- for name, sum in sums.items() %}
        cast({{ sum }} as double) as {{ name }},
        {%- endfor %}
        claim_id
    from months
    group by claim_id

),

answers as (

    select * from {{ ref('claim_answers') }}

),

computed as (

    select
        published_claims.*,
        sums.claim_id is not null as is_summed,
        case published_claims.measure
            {%- for measure, made in measures.items() %}
            when '{{ measure }}' then {{ made.formula }}
            {%- endfor %}
            else answers.computed_value
        end as computed_value,
        answers.answer
    from published_claims
    left join sums on sums.claim_id = published_claims.claim_id
    left join answers on answers.claim_id = published_claims.claim_id

),

-- SQL over the published file that gives the figure again; double quotes are in place of single ones.
query_templates as (

    select
        *,
        case measure
            {%- for measure, made in measures.items() %}
            when '{{ measure }}' then 'with flows as (
    select * from marts.claim_components
    where claim_id = "{claim_id}" and is_complete
),
{%- if measure in ('peak', 'dip_and_return') %}
months as (
    select claim_id, is_base, period, sum(reported_value) as reported_value
    from flows
    group by claim_id, is_base, period
),
{%- endif %}
{%- if measure == 'dip_and_return' %}
means as (
    select
        *,
        {{ mean_of_3_months }} as mean_of_3_months,
        period = max(period) over (partition by claim_id, is_base) as is_last_month
    from months
),
{%- endif %}
sums as (
    select
        {%- for name in made.needs %}
        {{ sums[name] }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ {'peak': 'months', 'dip_and_return': 'means'}.get(measure, 'flows') }}
)
select {{ made.formula }} as computed_value
from sums'
            {%- endfor %}
            when 'ghost_low' then 'select max(ghost_low_usd) as computed_value
from marts.ghost_trade
where exporter = "{exporter}" and importer_iso3 = "{importer}" and goods = "{products}"
    and window_kind = "year" and period = date "{period_from}" and baseline_id = "{{ var('baseline') }}"'
            when 'share_of_rise' then 'select
    100 * max(case when goods = "{products}" then added_export_usd end)
    / nullif(max(case when goods = "TOTAL" then added_export_usd end), 0) as computed_value
from marts.ghost_trade
where exporter = "{exporter}" and importer_iso3 = "{importer}" and window_kind = "year"
    and period = date "{period_from}" and baseline_id = "{{ var('baseline') }}"'
            when 'union_above_cap' then 'select
    case
        when count(breach_usd) = {months}
            then 100 * (sum(value_usd) / nullif(sum(cap_usd), 0) - 1)
    end as computed_value
from marts.union_scenarios
where exporter_bloc = "{exporter}" and goods = "{products}" and reason is null
    and period between date "{period_from}" and date "{period_to}" and baseline_id = "{{ var('baseline') }}"'
            when 'listed_parties' then 'select
    case
        when (select count(*) from marts.sanctioned_entities) > 0 then count(*) filter (where is_listed)
    end as computed_value
from marts.claim_parties
where claim_id = "{claim_id}"'
            when 'above_cap' then 'select
    case
        when count(breach_usd) = {months}
            then 100 * (sum(value_usd) / nullif(sum(cap_usd), 0) - 1)
    end as computed_value
from marts.policy_caps
where exporter_bloc = "{exporter}" and transit_iso3 = "{importer}" and goods = "{products}"
    and period between date "{period_from}" and date "{period_to}" and baseline_id = "{{ var('baseline') }}"'
            when 'event_study' then 'select max(change_percent) as computed_value
from marts.event_studies
where exporters = "{exporter}" and importers = "{importer}" and list_id = "{products}" and part = "half_year"
    and year(period) = year(date "{period_to}") and month(period) = case when month(date "{period_to}") > 6 then 7 else 1 end'
            when 'same_union' then 'select case when count(*) = 2 then 1.0 else 0.0 end as computed_value
from marts.countries
where is_eaeu and iso3 in ("{exporter}", "{importer}")'
            else 'select cast(null as double) as computed_value'
        end as query_template
    from published_claims

),

queries as (

    select
        claim_id,
        replace(replace(replace(replace(replace(replace(replace(replace(
            query_template,
            '{claim_id}', claim_id),
            '{exporter}', coalesce(exporter, '')),
            '{importer}', coalesce(importer, '')),
            '{products}', coalesce(products, '')),
            '{period_from}', coalesce(cast(period_from as {{ dbt.type_string() }}), '')),
            '{period_to}', coalesce(cast(period_to as {{ dbt.type_string() }}), '')),
            '{months}', coalesce(cast(months as {{ dbt.type_string() }}), '')),
            '"', chr(39)) as query
    from query_templates

),

-- Near: within so many times the tolerance, where both of its ends are given.
bounded as (

    select
        computed.*,
        computed.published_value
            - {{ var('claim_near_tolerances') }} * (computed.published_value - computed.tolerance_low) as near_low,
        computed.published_value
            + {{ var('claim_near_tolerances') }} * (computed.tolerance_high - computed.published_value) as near_high,
        examined.missing,
        examined.is_cut_short
    from computed
    left join examined on examined.claim_id = computed.claim_id

),

-- What is not near is contradicted only where all of it is there: a peak may still be reached in the months to come.
held as (

    select
        bounded.*,
        case
            when builds.data_set = 'sample' then 'simulated'
            when bounded.kind = 'not_measurable' then 'not_measurable'
            when bounded.kind = 'law' and bounded.measure = 'none' then 'sourced'
            when bounded.computed_value is null then 'data_missing'
            when bounded.tolerance_low is null and bounded.tolerance_high is null then 'answered'
            when
                bounded.computed_value >= coalesce(bounded.tolerance_low, bounded.computed_value)
                and bounded.computed_value <= coalesce(bounded.tolerance_high, bounded.computed_value)
                then 'reproduced'
            when bounded.computed_value >= bounded.near_low and bounded.computed_value <= bounded.near_high then 'near'
            when bounded.measure = 'event_study' then 'answered'  -- another estimator contradicts none
            when
                bounded.missing is not null
                or (bounded.is_cut_short and bounded.computed_value < bounded.published_value)
                then 'data_missing'
            else 'contradicted'
        end as status,
        bounded.kind in ('law', 'not_measurable') and bounded.measure = 'none' as is_by_source_alone,
        builds.data_set
    from bounded
    cross join builds

),

reasoned as (

    select
        *,
        case
            when is_by_source_alone or (computed_value is not null and status <> 'data_missing') then null
            when measure = 'none' then 'no_source: ' || lacking
            when missing is not null then 'not_loaded: ' || missing
            when measure = 'listed_parties' then 'not_loaded: no sanctions list'
            when measure = 'event_study' then 'not_computed: event_studies.lacking says why'
            when computed_value is not null then 'not_loaded: the months of the peak that are still to come'
            when is_summed then 'not_computed: what it is compared with is nothing'
            when measure in ({{ measures_against_baseline() }})
                then 'not_computed: no figure in the mart that its query names'
            when unit = 'items' then 'not_loaded: the number of items of some of its flows'
            when measure = 'growth_kg' then 'not_loaded: the weight of some of its flows'
            else 'not_comparable: some of its flows have no gap that may be stated, or no value'
        end as reason
    from held

)

select
    reasoned.claim_id,
    reasoned.claim_order,
    reasoned.kind,
    reasoned.article_statement,
    reasoned.variant_of,

    reasoned.statement as quote,
    reasoned.source,
    reasoned.source_url,
    reasoned.checked_on,
    reasoned.published_on,
    reasoned.definition,
    reasoned.measure,
    reasoned.exporter,
    reasoned.importer,
    reasoned.products,
    reasoned.flow_side,
    reasoned.period_from,
    reasoned.period_to,
    reasoned.base_from,
    reasoned.base_to,

    reasoned.unit,
    reasoned.published_value,
    reasoned.tolerance_low,
    reasoned.tolerance_high,
    reasoned.computed_value,
    reasoned.computed_value - reasoned.published_value as deviation,
    (reasoned.computed_value - reasoned.published_value) / nullif(abs(reasoned.published_value), 0) as deviation_share,
    reasoned.status,
    reasoned.was_reproduced,
    reasoned.reason,
    case
        when reasoned.data_set = 'sample' and reasoned.computed_value is not null and reasoned.finding is null then 'Simulated: '
        else ''
    end
    || case
        when reasoned.finding is not null then reasoned.finding
        when reasoned.reason is not null then 'Not known: ' || substring(reasoned.reason, position(': ' in reasoned.reason) + 2)
        when reasoned.answer is not null then reasoned.answer
        when reasoned.published_value is null then {{ figure_text('reasoned.computed_value', 'reasoned.unit') }}
        else {{ figure_text('reasoned.computed_value', 'reasoned.unit') }} || ' against '
            || {{ figure_text('reasoned.published_value', 'reasoned.unit') }} || ' published'
    end as verdict,
    reasoned.nearest_claims,
    case when reasoned.computed_value is not null then reasoned.data_set = 'sample' end as is_simulated,
    queries.query,
    {{ provenance_columns() }}
from reasoned
inner join queries on queries.claim_id = reasoned.claim_id
cross join builds
