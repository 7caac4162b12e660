{#
  The query behind each published figure, made from its row of seeds/published_claims.csv. One text serves twice:
  over `marts.…`, as readers get it, and over the same tables' references, where claims.sql computes. So the two
  cannot differ.

  A period counts where the side that speaks published it: silence is a zero only then. A figure of which a
  period is missing, or a country asked by name, is NULL and no smaller figure.
#}

{# SQL that is true where `column` is one of the parties: codes of countries, blocs, or TRANSIT. #}
{% macro is_party(column, parties, relations) -%}
    {%- set ways = [] -%}
    {%- set countries = [] -%}
    {%- for party in parties.split() -%}
        {%- if party == 'TRANSIT' -%}
            {%- do ways.append(column ~ " in (select iso3 from " ~ relations.countries ~ " where role = 'transit')") -%}
        {%- elif party | length == 3 -%}
            {%- do countries.append(party) -%}
        {%- else -%}
            {%- do ways.append(column ~ " in (select iso3 from " ~ relations.bloc_members ~ " where publisher = '*' and bloc = '" ~ party ~ "')") -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if countries -%} {%- do ways.append(column ~ " in ('" ~ countries | join("', '") ~ "')") -%} {%- endif -%}
    ({{ ways | join(' or ') }})
{%- endmacro %}

{# How many countries the parties are, as SQL. #}
{% macro party_size(parties, relations) -%}
    {%- set sizes = [] -%}
    {%- for party in parties.split() -%}
        {%- if party == 'TRANSIT' -%}
            {%- do sizes.append("(select count(*) from " ~ relations.countries ~ " where role = 'transit')") -%}
        {%- elif party | length == 3 -%}
            {%- do sizes.append('1') -%}
        {%- else -%}
            {%- do sizes.append("(select count(*) from " ~ relations.bloc_members ~ " where publisher = '*' and bloc = '" ~ party ~ "')") -%}
        {%- endif -%}
    {%- endfor -%}
    ({{ sizes | join(' + ') }})
{%- endmacro %}

{# Whole periods from one day to another, both included. #}
{% macro periods_within(first, last, freq) -%}
    {%- set years = last[:4] | int - first[:4] | int -%}
    {{ years + 1 if freq == 'A' else 12 * years + last[5:7] | int - first[5:7] | int + 1 }}
{%- endmacro %}

{% macro claim_query(claim, relations) -%}
    {%- if claim.measure == 'same_union' -%}
select case when count(*) = 2 then 1.0 else 0.0 end as computed_value
from {{ relations.countries }}
where is_eaeu and iso3 in ('{{ claim.exporter }}', '{{ claim.importer }}')
    {%- elif claim.measure == 'gap_as_published' -%}
{{ claim_query_as_published(claim, relations) }}
    {%- elif claim.measure == 'ghost_low' -%}
select max(ghost_low_usd) as computed_value
from {{ relations.ghost_trade }}
where window_kind = 'year' and period = date '{{ claim.period_from }}' and baseline_id = '{{ var('baseline') }}'
    and exporter = '{{ claim.exporter }}' and importer_iso3 = '{{ claim.importer }}' and goods = '{{ claim.products }}'
    {%- elif claim.measure == 'above_cap' -%}
select case when count(breach_usd) = {{ periods_within(claim.period_from, claim.period_to, 'M') }}
    then 100 * (cast(sum(cast(value_usd as decimal(38, 6))) as double) / nullif(cast(sum(cast(cap_usd as decimal(38, 6))) as double), 0) - 1) end as computed_value
from {{ relations.policy_caps }}
where period between date '{{ claim.period_from }}' and date '{{ claim.period_to }}' and baseline_id = '{{ var('baseline') }}'
    and exporter_bloc = '{{ claim.exporter }}' and transit_iso3 = '{{ claim.importer }}' and goods = '{{ claim.products }}'
    {%- elif claim.measure == 'none' -%}
select cast(null as double) as computed_value
    {%- else -%}
{{ claim_query_of_flows(claim, relations) }}
    {%- endif -%}
{%- endmacro %}

{# The importer's figure for a bloc as its own publisher counts it, against our count of the exporters. #}
{% macro claim_query_as_published(claim, relations) -%}
select case when x.members = {{ party_size(claim.exporter, relations) }} and m.members > 0 then x.value - m.value end as computed_value
from (
    select count(*) as members, cast(sum(cast(export_value_usd as decimal(38, 6))) as double) as value
    from {{ relations.mirror_gaps }}
    where freq = 'A' and period = date '{{ claim.period_from }}' and product_code = 'TOTAL'
        and importer_iso3 = '{{ claim.importer }}' and export_value_usd is not null
        and {{ is_party('exporter_iso3', claim.exporter, relations) }}
) as x
cross join (
    select count(*) as members, cast(sum(cast(import_value_usd as decimal(38, 6))) as double) as value
    from {{ relations.mirror_gaps }}
    where freq = 'A' and period = date '{{ claim.period_from }}' and product_code = 'TOTAL'
        and importer_iso3 = '{{ claim.importer }}' and import_value_usd is not null
        and exporter_iso3 in (
            select iso3 from {{ relations.bloc_members }}
            where bloc = 'EU_AS_PUBLISHED' and publisher = 'kazstat'
                and member_from <= date '{{ claim.period_from }}' and member_to > date '{{ claim.period_from }}'
        )
) as m
{%- endmacro %}

{% macro claim_query_of_flows(claim, relations) -%}
    {#- years are asked of annual figures; euro are of months, at the month's rate -#}
    {%- set last = claim.period_to or '2099-12-31' -%}
    {%- set whole_years = claim.period_from[5:] == '01-01' and last[5:] == '12-31' and (claim.base_from or '-01-01')[-5:] == '01-01' -%}
    {%- set by_month = claim.currency == 'eur' or claim.measure in ('peak', 'monthly_mean', 'dip_and_return') or not whole_years -%}
    {%- set freq = 'M' if by_month else 'A' -%}
    {%- set n = periods_within(claim.period_from, last, freq) | trim | int -%}
    {%- set n_base = (periods_within(claim.base_from, claim.base_to, freq) | trim | int) if claim.base_from else 0 -%}

    {#- what is measured: one value, or two -#}
    {%- set book = 'import' if claim.flow_side == 'import' else 'export' -%}
    {%- set usd = 'flows.' ~ book ~ '_value_usd' -%}
    {%- set kg = 'flows.' ~ book ~ '_net_kg' -%}
    {%- set told = usd ~ ' is not null' -%}
    {%- set second = none -%}
    {%- if claim.measure in ('gap', 'gap_share', 'unrecorded_share') -%}
        {%- set told = 'flows.gap_usd is not null' -%}
        {%- set value = 'flows.export_value_usd' -%}
        {%- set second = 'flows.import_value_' ~ ('fob_usd' if claim.measure == 'unrecorded_share' else 'usd') -%}
    {%- elif claim.unit == 'items' -%}
        {%- set value = "case when " ~ usd ~ " = 0 then 0 when flows." ~ book ~ "_quantity_unit = 'u' then flows." ~ book ~ "_quantity end" -%}
    {%- elif claim.measure == 'growth_kg' -%}
        {%- set value = 'case when ' ~ usd ~ ' = 0 then 0 else ' ~ kg ~ ' end' -%}
    {%- elif claim.measure == 'growth_unit_value' -%}
        {%- set value = 'case when ' ~ kg ~ ' > 0 then ' ~ usd ~ ' else 0 end' -%}
        {%- set second = kg -%}
    {%- elif claim.measure == 'share_of_all' -%}
        {%- set value = 'case when ' ~ is_party('flows.exporter_iso3', claim.exporter, relations) ~ ' then ' ~ usd ~ ' else 0 end' -%}
        {%- set second = usd -%}
    {%- elif claim.measure == 'onward_share' -%}
        {%- set leaves = is_party('flows.exporter_iso3', claim.exporter, relations) -%}
        {%- set told = '(case when ' ~ leaves ~ ' then flows.export_value_usd else flows.import_value_usd end) is not null' -%}
        {%- set value = 'case when ' ~ leaves ~ ' then flows.export_value_usd else 0 end' -%}
        {%- set second = 'case when ' ~ leaves ~ ' then 0 else flows.import_value_usd end' -%}
    {%- elif claim.currency == 'eur' -%}
        {%- set value = usd ~ ' / nullif(rates.units_per_eur, 0)' -%}
    {%- else -%}
        {%- set value = usd -%}
    {%- endif -%}

    {#- of which goods: a list of controlled goods, all, a chapter, headings or codes -#}
    {%- set products = claim.products.split() -%}
    {%- set bare = "replace(flows.product_code, 'G', '')" -%}
    {%- set digits = products[0] | length -%}
    {%- set list_id = products[0] if products[0] in ('CHPL', 'EU_833_2014') else none -%}
    {%- set chapters = [] -%}
    {%- for product in products if product[:2] not in chapters -%} {%- do chapters.append(product[:2]) -%} {%- endfor -%}
    {%- set chapter_known = none -%}
    {%- if products[0] == 'TOTAL' -%}
        {%- set scope = "flows.product_code = 'TOTAL'" -%}
        {%- set good = 'true' -%}
    {%- elif digits == 2 -%}
        {%- set scope = "flows.product_level = 2 and flows.product_code in ('" ~ products | join("', '") ~ "')" -%}
        {%- set good = 'true' -%}
    {%- else -%}
        {%- set scope = 'flows.product_level = 6' -%}
        {%- if list_id -%}
            {%- set chapter_known = "(select substring(replace(product_code, 'G', ''), 1, 2) from " ~ relations.controlled_goods ~ " where list_id = '" ~ list_id ~ "')" -%}
            {%- set good = 'listed.product_code is not null' -%}
        {%- else -%}
            {%- set chapter_known = "('" ~ chapters | join("', '") ~ "')" -%}
            {%- set good = "substring(" ~ bare ~ ", 1, " ~ digits ~ ") in ('" ~ products | join("', '") ~ "')" -%}
        {%- endif -%}
    {%- endif -%}
    {%- set corridor = [] -%}
    {%- if claim.measure == 'onward_share' -%}
        {%- do corridor.append('(' ~ is_party('flows.exporter_iso3', claim.exporter, relations) ~ ' and ' ~ is_party('flows.importer_iso3', claim.importer, relations)
            ~ ' or ' ~ is_party('flows.importer_iso3', claim.exporter, relations) ~ ' and ' ~ is_party('flows.exporter_iso3', 'USA EU27', relations) ~ ')') -%}
    {%- else -%}
        {%- if claim.exporter and claim.measure != 'share_of_all' -%} {%- do corridor.append(is_party('flows.exporter_iso3', claim.exporter, relations)) -%} {%- endif -%}
        {%- if claim.importer -%} {%- do corridor.append(is_party('flows.importer_iso3', claim.importer, relations)) -%} {%- endif -%}
    {%- endif -%}

    {#- what must have been published -#}
    {%- set needs = [] -%}
    {%- do needs.append('count(*) filter (where is_window) ' ~ ('> 0' if claim.measure == 'peak' else '= ' ~ n)) -%}
    {%- if n_base -%} {%- do needs.append('count(*) filter (where not is_window) = ' ~ n_base) -%} {%- endif -%}
    {%- if claim.exporter and claim.measure not in ('share_of_all', 'onward_share') -%}
        {%- do needs.append('sum(exporters) >= ' ~ var('claim_least_members') ~ ' * count(*) * ' ~ party_size(claim.exporter, relations)) -%}
    {%- endif -%}
    {%- if claim.importer and claim.measure != 'onward_share' -%}
        {%- do needs.append('sum(importers) >= ' ~ var('claim_least_members') ~ ' * count(*) * ' ~ party_size(claim.importer, relations)) -%}
    {%- endif -%}
    {%- do needs.append('sum(cells_unknown) = 0') -%}
    {#- a file of one chapter says nothing of another -#}
    {%- if chapter_known -%}
        {%- do needs.append('(select count(*) from ' ~ relations.mirror_gaps ~ " as flows where flows.freq = '" ~ freq ~ "' and flows.product_level = 6 and "
            ~ corridor | join(' and ') ~ ' and ' ~ told ~ ' and substring(' ~ bare ~ ', 1, 2) in ' ~ chapter_known ~ ') > 0') -%}
    {%- endif -%}

    {%- set w = 'cast(sum(value) filter (where is_window) as double)' -%}
    {%- set b = 'cast(sum(value) filter (where not is_window) as double)' -%}
    {%- set w2 = 'cast(sum(second) filter (where is_window) as double)' -%}
    {%- set b2 = 'cast(sum(second) filter (where not is_window) as double)' -%}
    {%- set mean = '(' ~ w ~ ' / ' ~ n ~ ')' -%}
    {%- set base = '(' ~ b ~ ' / ' ~ n_base ~ ')' -%}
    {%- set formula = {
        'sum': w,
        'monthly_mean': mean,
        'growth': '100 * (' ~ mean ~ ' / nullif(' ~ base ~ ', 0) - 1)',
        'growth_kg': '100 * (' ~ mean ~ ' / nullif(' ~ base ~ ', 0) - 1)',
        'peak': '100 * (cast(max(value) filter (where is_window) as double) / nullif(' ~ base ~ ', 0) - 1)',
        'gap': w ~ ' - ' ~ w2,
        'gap_share': '100 * (' ~ w ~ ' - ' ~ w2 ~ ') / nullif(' ~ w ~ ', 0)',
        'unrecorded_share': '100 * (1 - (' ~ w2 ~ ' / ' ~ n ~ ' - ' ~ b2 ~ ' / ' ~ (n_base or 1) ~ ') / nullif(' ~ mean ~ ' - ' ~ base ~ ', 0))',
        'growth_unit_value': '100 * (' ~ w ~ ' / nullif(' ~ w2 ~ ', 0) / nullif(' ~ b ~ ' / nullif(' ~ b2 ~ ', 0), 0) - 1)',
        'share_of_all': '100 * ' ~ w ~ ' / nullif(' ~ w2 ~ ', 0)',
        'onward_share': '100 * ' ~ w ~ ' / nullif(' ~ w2 ~ ', 0)',
        'dip_and_return': 'case when min(mean_of_3) filter (where is_window and place >= 3) < ' ~ base
            ~ ' and max(mean_of_3) filter (where is_window and place = ' ~ n ~ ') > min(mean_of_3) filter (where is_window and place >= 3) then 1.0 else 0.0 end',
    }[claim.measure] -%}
select case when {{ needs | join('\n    and ') }}
    then {{ formula }} end as computed_value
from (
    select
        period,
        is_window,
        count(distinct exporter_iso3) as exporters,
        count(distinct importer_iso3) as importers,
        count(*) filter (where is_good and value is null) as cells_unknown,
        {% if claim.measure == 'dip_and_return' -%}
        cast(avg(coalesce(sum(value) filter (where is_good), 0)) over (partition by is_window order by period nulls last rows between 2 preceding and current row) as double) as mean_of_3,
        row_number() over (partition by is_window order by period nulls last) as place,
        {% endif -%}
        {% if second -%}
        coalesce(sum(second) filter (where is_good), 0) as second,
        {% endif -%}
        coalesce(sum(value) filter (where is_good), 0) as value
    from (
        select
            flows.period,
            flows.exporter_iso3,
            flows.importer_iso3,
            flows.period between date '{{ claim.period_from }}' and date '{{ last }}' as is_window,
            {{ good }} as is_good,
            {% if second -%}
            cast({{ second }} as decimal(38, 6)) as second,
            {% endif -%}
            cast({{ value }} as decimal(38, 6)) as value
        from {{ relations.mirror_gaps }} as flows
        {%- if list_id %}
        left join (select distinct product_code, hs_revision from {{ relations.controlled_goods }} where list_id = '{{ list_id }}') as listed
            on listed.product_code = flows.product_code and listed.hs_revision = flows.hs_revision
        {%- endif %}
        {%- if claim.currency == 'eur' %}
        left join {{ relations.exchange_rates }} as rates on rates.currency = 'USD' and rates.period = flows.period
        {%- endif %}
        where flows.freq = '{{ freq }}'
            and (flows.period between date '{{ claim.period_from }}' and date '{{ last }}'
            {%- if claim.base_from %} or flows.period between date '{{ claim.base_from }}' and date '{{ claim.base_to }}'{% endif %})
            and {{ scope }}
            and {{ corridor | join('
            and ') }}
            and {{ told }}
    ) as cells
    group by period, is_window
) as periods
{%- endmacro %}

{# How a computed figure stands to a published one. Within the tolerance: reproduced; within so many times the
   tolerance: near, where both ends of it are given. #}
{% macro claim_status(computed, published, low, high) -%}
    (case
        when {{ computed }} is null then 'data_missing'
        when {{ computed }} >= coalesce({{ low }}, {{ computed }}) and {{ computed }} <= coalesce({{ high }}, {{ computed }})
            then 'reproduced'
        when {{ computed }} >= {{ published }} - {{ var('claim_near_tolerances') }} * ({{ published }} - {{ low }})
            and {{ computed }} <= {{ published }} + {{ var('claim_near_tolerances') }} * ({{ high }} - {{ published }})
            then 'near'
        else 'contradicted'
    end)
{%- endmacro %}
