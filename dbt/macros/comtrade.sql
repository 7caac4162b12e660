{# A figure of a country that may come under several codes in a period: their sum, and to the last digit the figure itself
   where there is one, as nearly everywhere. #}
{% macro sum_of_codes(column) -%}
    case when count({{ column }}) = 1 then max({{ column }}) else {{ exact_sum(column) }} end
{%- endmacro %}
