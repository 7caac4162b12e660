{# The grain: no two rows share these columns. Tens of millions of keys are looked at by one number each; only where
   two of those are equal, which chance alone hardly ever does, by the columns themselves. #}
{% test unique_combination_of_columns(model, combination_of_columns) %}
    {%- set columns = combination_of_columns -%}
    select {{ columns | join(', ') }}, count(*) as rows
    from {{ model }}
    where {{ row_hash(columns) }} in (
        select {{ row_hash(columns) }} from {{ model }} group by {{ row_hash(columns) }} having count(*) > 1
    )
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}

{# dbt's own test, for several columns of a model in one query as well. #}
{% test not_null(model, column_name=none, columns=none) %}
    {%- set columns = columns or [column_name] -%}
    select {{ columns | join(', ') }} from {{ model }} where {{ columns | join(' is null or ') }} is null
{% endtest %}

{# A sentence about every row, as SQL that is true. #}
{% test expression_is_true(model, expression) %}
    select * from {{ model }} where not ({{ expression }})
{% endtest %}

{# No two spans of one thing share a day. A span ends with its last day, or has not ended. #}
{% test no_overlap(model, columns) %}
    select earlier.*
    from {{ model }} as earlier
    inner join {{ model }} as later
        on later.valid_from > earlier.valid_from
        and (earlier.valid_to is null or later.valid_from <= earlier.valid_to)
        {% for column in columns -%}
        and later.{{ column }} = earlier.{{ column }}
        {% endfor %}
{% endtest %}

{# So many rows for each value, and no other value. #}
{% test sized(model, column, sizes, where='true') %}
    with expected as (
        {% for value, rows in sizes.items() -%}
        select '{{ value }}' as value, {{ rows }} as expected_rows {{ 'union all' if not loop.last }}
        {% endfor %}
    ),
    counted as (
        select {{ column }} as value, count(*) as rows from {{ model }} where {{ where }} group by {{ column }}
    )
    select *
    from expected
    full outer join counted on counted.value = expected.value
    where counted.rows is distinct from expected.expected_rows
{% endtest %}

{# METHODS check 09: every partner's name has a row in seeds/country_codes.csv. Fails by the largest share of
   a period's value, in millionths, that a name without one holds. #}
{% test mapped(model, publisher, value='value_usd', within='is_whole_year') %}
    {{ config(fail_calc='coalesce(max(millionths), 0)', warn_if='>0', error_if='>1000') }}
    select
        partner_code,
        max(cast(1e6 * reported / nullif(largest, 0) as bigint) + 1) as millionths
    from (
        select
            partner_code,
            {{ value }} as reported,
            max({{ value }}) over (partition by period, {{ within }}, role) as largest
        from {{ model }}
    ) as flows
    where partner_code not in (
        select code from {{ ref('stg_seeds__country_codes') }} where publisher = '{{ publisher }}'
    )
    group by partner_code
{% endtest %}

{# METHODS check 06: what a publisher calls the EU is the sum of its members as that publisher counts them, to
   a thousandth. `since`: the first year in which the heading follows one rule. #}
{% test eu_equals_its_members(model, publisher, eu_code, since) %}
    with flows as (
        select flows.period, flows.role, flows.partner_code, codes.iso3, flows.value_usd
        from {{ model }} as flows
        left join {{ ref('stg_seeds__country_codes') }} as codes
            on codes.publisher = '{{ publisher }}' and codes.code = flows.partner_code
        where flows.is_whole_year and extract(year from flows.period) >= {{ since }}
    ),
    headings as (
        select period, role, value_usd from flows where partner_code = '{{ eu_code }}'
    ),
    sums as (
        select flows.period, flows.role, sum(flows.value_usd) as value_usd
        from flows
        inner join {{ ref('stg_seeds__bloc_members') }} as members
            on members.bloc = 'EU_AS_PUBLISHED'
            and members.publisher = '{{ publisher }}'
            and members.iso3 = flows.iso3
            and flows.period >= members.member_from
            and flows.period < members.member_to
        group by flows.period, flows.role
    )
    select headings.period, headings.role, headings.value_usd, sums.value_usd as members_value_usd
    from headings
    left join sums on sums.period = headings.period and sums.role = headings.role
    where abs(coalesce(sums.value_usd, 0) - headings.value_usd) > 0.001 * headings.value_usd
{% endtest %}

{# METHODS check 02: a bloc's row is the sum of its members', within half a percent. A download of a few
   members is no statement about the bloc. #}
{% test equals_its_members(model, bloc, fewest_members) %}
    select
        downloads.period,
        downloads.role,
        downloads.partner_label,
        downloads.product_code,
        sum(case when downloads.reporter_label = '{{ bloc }}' then downloads.value_eur end) as bloc_eur,
        sum(case when members.iso3 is not null then downloads.value_eur end) as members_eur
    from {{ model }} as downloads
    inner join {{ ref('int_country_codes_resolved') }} as codes
        on codes.publisher = 'eurostat'
        and codes.code = downloads.reporter_label
    left join (select distinct iso3 from {{ ref('stg_seeds__bloc_members') }} where bloc = 'EU27') as members
        on members.iso3 = codes.iso3
    group by downloads.period, downloads.role, downloads.partner_label, downloads.product_code
    having count(members.iso3) >= {{ fewest_members }}
        and abs(sum(case when members.iso3 is not null then downloads.value_eur end)
            / nullif(sum(case when downloads.reporter_label = '{{ bloc }}' then downloads.value_eur end), 0) - 1) > 0.005
{% endtest %}

{# METHODS check 26: a rate is within a tenth of the month before. #}
{% test within_a_tenth_of_the_month_before(model, column_name, currency) %}
    select * from (
        select *, lag({{ column_name }}) over (order by period) as month_before
        from {{ model }} where currency = '{{ currency }}'
    ) as months
    where abs({{ column_name }} / month_before - 1) > 0.1
{% endtest %}

{# Months whose trade cannot be valued in dollars. #}
{% test valued(model, column_name) %}
    select period, count(*) as rows from {{ model }} where {{ column_name }} is null group by period
{% endtest %}

{# Neighbours are in one group: else the rounds of int_products_grouped were too few. #}
{% test links_stay_in_their_group(model, bridges) %}
    select bridges.*
    from {{ bridges }} as bridges
    inner join {{ model }} as one
        on one.hs_revision = bridges.revision_from
        and one.product_code = bridges.code_from
    inner join {{ model }} as other
        on other.hs_revision = bridges.revision_to
        and other.product_code = bridges.code_to
    where one.stable_group_id <> other.stable_group_id
{% endtest %}

{# The shares of a code's value add up (METHODS check 16). #}
{% test weights_sum_to_one(model) %}
    select revision_from, code_from, revision_to, sum(weight) as weights
    from {{ model }}
    group by revision_from, code_from, revision_to
    having abs(sum(weight) - 1) > 0.000001 or min(weight) < 0
{% endtest %}

{# METHODS check 21: a country's last month is not older than its role allows. Only services can be late. #}
{% test recent(model, days) %}
    with builds as (
        select data_set, max(started_at) as started_at
        from {{ ref('stg_build__builds') }}
        group by data_set
    ),
    reporters as (
        select reporter, max(last_period) as last_period from {{ model }} where freq = 'M' group by reporter
    )
    select reporters.reporter, countries.role, reporters.last_period
    from reporters
    inner join {{ ref('stg_seeds__countries') }} as countries on countries.iso3 = reporters.reporter
    cross join builds
    where builds.data_set = 'live'
        -- the period is its first day; what counts is how long ago the month ended
        and {{ dbt.datediff('last_day(reporters.last_period)', 'cast(builds.started_at as date)', 'day') }} > case countries.role
            {% for role, limit in days.items() -%}
            when '{{ role }}' then {{ limit }}
            {% endfor -%}
        end
{% endtest %}

{# Rows for which an expression is true are a small share of those it applies to. `of` is SQL. #}
{% test at_most_share(model, expression, share, of='true') %}
    select *
    from (select count(*) as rows, count(*) filter (where {{ expression }}) as matching from {{ model }} where {{ of }}) as counts
    where matching > {{ share }} * rows
{% endtest %}

{# METHODS check 15: margins of the model are what margins are on average. For the rows that the model made. #}
{% test mean_between(model, column_name, lowest, highest, of='true') %}
    select *
    from (select avg({{ column_name }}) as mean, count(*) as rows from {{ model }} where {{ of }}) as means
    where rows > 0 and mean not between {{ lowest }} and {{ highest }}
{% endtest %}
