{# What only staging may use: it is the one layer that may use DuckDB's own SQL. #}

{# The first listing date in a remark ("Listing Date (EO 14024 Directive 3): 24 Feb 2022"). #}
{% macro listing_date_in(remark) -%}
    cast(list_min(list_transform(
        regexp_extract_all({{ remark }}, 'Listing Date \([^)]*\):? (\d{1,2} [A-Z][a-z]{2} \d{4})', 1),
        lambda date_text: try_strptime(date_text, '%d %b %Y')
    )) as date)
{%- endmacro %}

{# Rows that were true on the day as of which a build is made (AS_OF, to the end of that day, UTC), or are true now. #}
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

{# A country's name in Russian as seeds/country_codes.csv has it: lower case, single spaces, no footnote's
   mark. Latin letters among Cyrillic ones are those they look like: a typist's keyboard has both. #}
{% macro russian_name(column) -%}
    trim(regexp_replace(
        regexp_replace(
            lower(translate({{ column }}, 'ABCEHKMOPTXYaceopxykЁё', 'АВСЕНКМОРТХУасеорхукЕе')),
            '[\s\x{a0}\x{202f}]+', ' ', 'g'
        ),
        '[ ¹²³\d*]+\)?\s*$', ''
    ))
{%- endmacro %}

{# A number of a statistical office: a decimal comma, and spaces between thousands. A dash is none. #}
{% macro russian_number(column) -%}
    try_cast(translate({{ column }}, ', ' || chr(160) || chr(8239), '.') as double)
{%- endmacro %}

{# Everything a relation ever held up to that day, each key in its last version. #}
{% macro last_versions(relation, key) -%}
    select *, min(_valid_from) over (partition by {{ key }}) as first_seen_at, {{ gone_at() }} as gone_at
    from {{ relation }}
    where {{ was_known() }}
    qualify row_number() over (partition by {{ key }} order by _valid_from desc) = 1
{%- endmacro %}

{# When the last of a group's rows was gone (by their gone_at); null while one of them is there. #}
{% macro gone_with_all() -%}
    case when count(*) = count(gone_at) then max(gone_at) end
{%- endmacro %}

{# The values of a cell that packs them as "a; b; and c". #}
{% macro packed(cell) -%}
    list_filter(
        list_transform(string_split({{ cell }}, '; '), lambda part: regexp_replace(trim(part, ' ;'), '^and ', '')),
        lambda part: part <> ''
    )
{%- endmacro %}

{# The values of a cell that is itself a line of CSV: a;"b; ""c""". #}
{% macro packed_line(cell) -%}
    list_transform(
        regexp_extract_all({{ cell }}, '"(?:[^"]|"")*"|[^;]+'),
        lambda part: case when part like '"%' then replace(part[2:-2], '""', '"') else part end
    )
{%- endmacro %}

{# The column because of which a row of Comtrade is no total of a good by year or month: its code is not the one that stands
   for all. NULL for a row that is one. #}
{% macro excluded_by() -%}
    case
        when typeCode <> 'C' then 'typeCode'
        when freqCode not in ('A', 'M') then 'freqCode'
        when not {{ is_hs('classificationCode') }} then 'classificationCode'
        when flowCode not in ('X', 'M', 'RX', 'RM') then 'flowCode'
        when customsCode <> 'C00' then 'customsCode'
        when motCode <> '0' then 'motCode'
        when coalesce(mosCode, '0') <> '0' then 'mosCode'
        when partner2Code <> '0' then 'partner2Code'
        -- a row without a valid code was rejected (the rule `coded`); AG2, AG4 and AG6 stand for all codes of a level
        when length(cmdCode) not in (2, 4, 6) and cmdCode <> 'TOTAL' then 'cmdCode'
    end
{%- endmacro %}

{# The first day of Comtrade's period, a year or a month; NULL for any other frequency. #}
{% macro comtrade_period() -%}
    case freqCode
        when 'A' then make_date(cast(period as integer), 1, 1)
        when 'M' then cast(strptime(period || '01', '%Y%m%d') as date)
    end
{%- endmacro %}
