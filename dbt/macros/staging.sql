{# What only staging may use: it is the one layer that may speak DuckDB's own language. #}

{# The first listing date in a remark ("Listing Date (EO 14024 Directive 3): 24 Feb 2022"). #}
{% macro listing_date_in(remark) -%}
    cast(list_min(list_transform(
        regexp_extract_all({{ remark }}, 'Listing Date \([^)]*\):? (\d{1,2} [A-Z][a-z]{2} \d{4})', 1),
        lambda found: try_strptime(found, '%d %b %Y')
    )) as date)
{%- endmacro %}

{# Rows that were true on the day a build asks for (AS_OF, to the end of that day, UTC), or are true now. #}
{% macro known() -%}
    {%- if env_var('AS_OF', '') -%}
        ({{ was_known() }} and (_valid_to is null or _valid_to >= {{ end_of_as_of() }}))
    {%- else -%}
        _valid_to is null
    {%- endif -%}
{%- endmacro %}

{# Rows that were true on that day or on any day before it. #}
{% macro was_known() -%}
    {% if env_var('AS_OF', '') %}_valid_from < {{ end_of_as_of() }}{% else %}true{% endif %}
{%- endmacro %}

{# When a row stopped being true, as far as was known on that day; null for one that was still true. #}
{% macro gone_at() -%}
    case when not ({{ known() }}) then _valid_to end
{%- endmacro %}

{% macro end_of_as_of() -%}
    (date '{{ env_var('AS_OF') }}' + interval 1 day)
{%- endmacro %}

{# Every row of a relation that was ever known, in its last version: what is gone says since when. #}
{% macro last_versions(relation, key) -%}
    select *, min(_valid_from) over (partition by {{ key }}) as first_seen_at, {{ gone_at() }} as gone_at
    from {{ relation }}
    where {{ was_known() }}
    qualify row_number() over (partition by {{ key }} order by _valid_from desc) = 1
{%- endmacro %}
