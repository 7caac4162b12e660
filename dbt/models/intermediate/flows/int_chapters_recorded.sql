{{ config(materialized='table', event_time='') }}  -- a chapter counts for all years: it has no period
-- The chapters that a country has reported in a year: a download of one heading is no statement about the others.
select distinct
    source_name,
    freq,
    cast(extract(year from period) as integer) as year,
    role,
    reporter,
    product_level,
    left(product_code, 2) as chapter
from {{ ref('int_flows_chosen') }}
