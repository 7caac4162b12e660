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

-- Three measures are read from other marts.
ghosts as (

    select published_claims.claim_id, max(ghost_trade.ghost_low_usd) as ghost_low_usd
    from published_claims
    inner join {{ ref('ghost_trade') }} as ghost_trade
        on ghost_trade.exporter = published_claims.exporter
        and ghost_trade.importer_iso3 = published_claims.importer
        and ghost_trade.goods = published_claims.products
        and ghost_trade.period = published_claims.period_from
    where ghost_trade.window_kind = 'year' and ghost_trade.baseline_id = '{{ var("baseline") }}'
    group by published_claims.claim_id

),

caps as (

    select
        published_claims.claim_id,
        count(policy_caps.breach_usd) as months,
        {{ exact_sum('policy_caps.value_usd') }} as value_usd,
        {{ exact_sum('policy_caps.cap_usd') }} as cap_usd
    from published_claims
    inner join {{ ref('policy_caps') }} as policy_caps
        on policy_caps.exporter_bloc = published_claims.exporter
        and policy_caps.transit_iso3 = published_claims.importer
        and policy_caps.goods = published_claims.products
        and policy_caps.period between published_claims.period_from and published_claims.period_to
    where policy_caps.baseline_id = '{{ var("baseline") }}'
    group by published_claims.claim_id

),

unions as (

    select published_claims.claim_id, count(*) as members
    from published_claims
    inner join {{ ref('countries') }} as countries
        on countries.iso3 = published_claims.exporter or countries.iso3 = published_claims.importer
    where countries.is_eaeu
    group by published_claims.claim_id

),

computed as (

    select
        published_claims.*,
        sums.claim_id is not null as is_summed,
        case published_claims.measure
            {%- for measure, made in measures.items() %}
            when '{{ measure }}' then {{ made.formula }}
            {%- endfor %}
            when 'ghost_low' then ghosts.ghost_low_usd
            when 'above_cap'
                then case
                    when caps.months = published_claims.months
                        then 100 * (caps.value_usd / nullif(caps.cap_usd, 0) - 1)
                end
            when 'same_union' then case when unions.members = 2 then 1.0 else 0.0 end
        end as computed_value
    from published_claims
    left join sums on sums.claim_id = published_claims.claim_id
    left join ghosts on ghosts.claim_id = published_claims.claim_id
    left join caps on caps.claim_id = published_claims.claim_id
    left join unions on unions.claim_id = published_claims.claim_id

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
            when 'above_cap' then 'select
    case
        when count(breach_usd) = {months}
            then 100 * (sum(value_usd) / nullif(sum(cap_usd), 0) - 1)
    end as computed_value
from marts.policy_caps
where exporter_bloc = "{exporter}" and transit_iso3 = "{importer}" and goods = "{products}"
    and period between date "{period_from}" and date "{period_to}" and baseline_id = "{{ var('baseline') }}"'
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
            when bounded.computed_value is null then 'data_missing'
            when
                bounded.computed_value >= coalesce(bounded.tolerance_low, bounded.computed_value)
                and bounded.computed_value <= coalesce(bounded.tolerance_high, bounded.computed_value)
                then 'reproduced'
            when bounded.computed_value >= bounded.near_low and bounded.computed_value <= bounded.near_high then 'near'
            when
                bounded.missing is not null
                or (bounded.is_cut_short and bounded.computed_value < bounded.published_value)
                then 'data_missing'
            else 'contradicted'
        end as status,
        builds.data_set
    from bounded
    cross join builds

)

select
    held.claim_id,
    held.claim_order,
    held.variant_of,

    held.statement as quote,
    held.source,
    held.published_on,
    held.definition,
    held.measure,
    held.exporter,
    held.importer,
    held.products,
    held.flow_side,
    held.period_from,
    held.period_to,
    held.base_from,
    held.base_to,

    held.unit,
    held.published_value,
    held.tolerance_low,
    held.tolerance_high,
    held.computed_value,
    held.computed_value - held.published_value as deviation,
    (held.computed_value - held.published_value) / nullif(abs(held.published_value), 0) as deviation_share,
    held.status,
    held.was_reproduced,
    case
        when held.computed_value is not null and held.status <> 'data_missing' then null
        when held.measure = 'none' then 'no_source: ' || held.lacking
        when held.missing is not null then 'not_loaded: ' || held.missing
        when held.computed_value is not null then 'not_loaded: the months of the peak that are still to come'
        when held.is_summed then 'not_computed: what it is compared with is nothing'
        when held.measure in ('ghost_low', 'above_cap') then 'not_computed: no figure in the mart that its query names'
        when held.unit = 'items' then 'not_loaded: the number of items of some of its flows'
        when held.measure = 'growth_kg' then 'not_loaded: the weight of some of its flows'
        else 'not_comparable: some of its flows have no gap that may be stated, or no value'
    end as reason,
    case when held.computed_value is not null then held.data_set = 'sample' end as is_simulated,
    queries.query,
    {{ provenance_columns() }}
from held
inner join queries on queries.claim_id = held.claim_id
cross join builds
