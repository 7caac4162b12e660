{# What only staging may use: it is the one layer that may speak DuckDB's own language. #}

{# The first listing date in a remark ("Listing Date (EO 14024 Directive 3): 24 Feb 2022"). #}
{% macro listing_date_in(remark) -%}
    cast(list_min(list_transform(
        regexp_extract_all({{ remark }}, 'Listing Date \([^)]*\):? (\d{1,2} [A-Z][a-z]{2} \d{4})', 1),
        lambda found: try_strptime(found, '%d %b %Y')
    )) as date)
{%- endmacro %}
