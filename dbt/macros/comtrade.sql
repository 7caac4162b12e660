{# A figure of a country that may come under several codes in a period: their sum, and to the last digit the figure itself
   where there is one, as nearly everywhere. #}
{% macro sum_of_codes(column) -%}
    case when count({{ column }}) = 1 then max({{ column }}) else {{ exact_sum(column) }} end
{%- endmacro %}

{# Orders the revisions of the HS that a level of products comes in: the one it was reported in first, else the newest. #}
{% macro revision_rank() -%}
    (case when is_original_classification then '1' else '0' end || hs_revision)
{%- endmacro %}

{# The revision that is used of a reporter's flow in a period at a level of products. #}
{% macro used_revisions() -%}
    select freq, period, reporter_code, flow, product_level, max({{ revision_rank() }}) as revision_rank
    from {{ ref('stg_comtrade__flows') }}
    where {{ in_batch('period_code') }}
    group by freq, period, reporter_code, flow, product_level
{%- endmacro %}
