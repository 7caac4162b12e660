{# How a row was computed, and from what. #}

{# All parameters of the method as one short text: two figures with the same hash were computed alike. #}
{% macro parameters_hash() -%}
    {%- set values = [] -%}
    {%- for name in var('method_parameters') | sort -%} {%- do values.append(name ~ '=' ~ var(name)) -%} {%- endfor -%}
    {{ return(local_md5(values | join('; '))[:12]) }}
{%- endmacro %}

{# The last columns of every method mart: how it was computed, and from which data. From
   int_builds_described, one row, joined by `cross join`. The run's number is in `about` alone: the same input
   gives the same rows. #}
{% macro provenance_columns(build='builds') -%}
    {{ build }}.parameters_hash,
    {{ build }}.code_version,
    {{ build }}.data_as_of,
    {{ build }}.lists_as_of
{%- endmacro %}
