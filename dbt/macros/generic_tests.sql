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
