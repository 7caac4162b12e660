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
