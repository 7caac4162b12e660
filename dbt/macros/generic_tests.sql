{# The grain: no two rows share these columns. #}
{% test unique_together(model, columns) %}
    select {{ columns | join(', ') }}, count(*) as rows
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}

{# A sentence about every row, as SQL that is true. #}
{% test holds(model, expression) %}
    select * from {{ model }} where not ({{ expression }})
{% endtest %}

{# METHODS check 02: a bloc's row is the sum of its members', within half a percent. A download of a few
   members is no statement about the bloc. #}
{% test equals_its_members(model, bloc, fewest_members) %}
    select
        period,
        role,
        partner,
        product_code,
        sum(case when reporter = '{{ bloc }}' then value_eur end) as bloc_eur,
        sum(case when is_member then value_eur end) as members_eur
    from {{ model }}
    group by period, role, partner, product_code
    having count(*) filter (where is_member) >= {{ fewest_members }}
        and abs(sum(case when is_member then value_eur end)
            / nullif(sum(case when reporter = '{{ bloc }}' then value_eur end), 0) - 1) > 0.005
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
