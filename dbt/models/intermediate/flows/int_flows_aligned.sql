{{ config(materialized='view') }}
-- The flows that are used, ready to be compared, and the revision they may meet in: any for totals and chapters, which
-- are the same in all. Where exporter and importer reported a period in different HS revisions, six-digit codes are
-- summed to groups that are one thing in both (int_products_grouped), and headings whose goods are the same in both stay
-- what they are, in the revision 'mixed'; what has no counterpart, or where no table between the revisions is loaded,
-- meets in none. All else stays as it was reported.
with

-- the revision of a reporter's codes in a period; a reporter that used two is left as it is
revisions as (

    select freq, period, role, reporter, product_level, min(hs_revision) as hs_revision
    from {{ ref('int_reports_ranked') }}
    where product_level in (4, 6) and is_used
    group by freq, period, role, reporter, product_level
    having min(hs_revision) = max(hs_revision)

),

facing as (

    select
        own.freq, own.period, own.role, own.reporter, others.reporter as partner, own.hs_revision,
        others.hs_revision as other_revision, own.product_level
    from revisions as own
    inner join revisions as others
        on others.freq = own.freq
        and others.period = own.period
        and others.product_level = own.product_level
        and others.role <> own.role
        and others.hs_revision <> own.hs_revision

),

groups as (

    select * from {{ ref('int_products_grouped') }}

),

-- A group's quality between two revisions is that of its worst link. A sum takes merges and splits alike: .9.
group_links as (

    select
        groups.stable_group_id,
        bridges.revision_from as hs_revision,
        bridges.revision_to as other_revision,
        min(case bridges.relation when '1:1' then 1.0 when 'n:n' then 0.3 else 0.9 end) as quality
    from {{ ref('int_products_bridged') }} as bridges
    inner join groups
        on groups.hs_revision = bridges.revision_from
        and groups.product_code = bridges.code_from
    group by groups.stable_group_id, bridges.revision_from, bridges.revision_to

),

-- which headings share goods …
heading_links as (

    select distinct
        revision_from as hs_revision,
        left(code_from, 4) as heading,
        revision_to as other_revision,
        left(code_to, 4) as other_heading
    from {{ ref('int_products_bridged') }}
    where is_from_table  -- bridges of listed goods alone tell nothing of a whole heading

),

heading_counts as (

    select
        *,
        count(*) over (partition by hs_revision, other_revision, heading) as headings_to,
        count(*) over (partition by hs_revision, other_revision, other_heading) as headings_from
    from heading_links

),

-- … and which hold the same in both revisions
links as (

    select
        groups.hs_revision, groups.product_code, 6 as product_level, groups.stable_group_id as common_code,
        group_links.other_revision, group_links.quality
    from groups
    inner join group_links
        on group_links.stable_group_id = groups.stable_group_id
        and group_links.hs_revision = groups.hs_revision
    union all
    select
        hs_revision, heading as product_code, 4 as product_level, heading as common_code, other_revision, 1.0 as quality
    from heading_counts
    where heading = other_heading and headings_to = 1 and headings_from = 1

),

linked as {{ read_in_place() }} (

    select
        flows.*,
        case
            when facing.reporter is not null and links.common_code is null then 'none'
            else {{ comparable_revision('flows.product_level', 'flows.hs_revision') }}
        end as comparable_revision,
        links.common_code,
        links.quality
    from {{ ref('int_flows_chosen') }} as flows
    left join facing
        on facing.freq = flows.freq
        and facing.period = flows.period
        and facing.role = flows.role
        and facing.reporter = flows.reporter
        and facing.partner = flows.partner
        and facing.hs_revision = flows.hs_revision
        and facing.product_level = flows.product_level
    left join links
        on links.hs_revision = facing.hs_revision
        and links.product_level = facing.product_level
        and links.product_code = flows.product_code
        and links.other_revision = facing.other_revision

)

select
    source_name, freq, period, role, reporter, partner, reporter_is_country, partner_is_country,
    product_code, product_level, hs_revision, comparable_revision, value_usd, re_traded_value_usd,
    published_fob_value_usd, net_kg, is_net_kg_estimated, quantity, quantity_unit,
    cast(1 as double) as concordance_quality
from linked
where common_code is null
union all
select
    source_name, freq, period, role, reporter, partner, reporter_is_country, partner_is_country,
    common_code as product_code,
    product_level,
    'mixed' as hs_revision,
    'mixed' as comparable_revision,
    case when count(value_usd) = count(*) then {{ exact_sum('value_usd') }} end as value_usd,
    {{ exact_sum('re_traded_value_usd') }} as re_traded_value_usd,
    -- known of a group when they are known of all its codes
    case when count(published_fob_value_usd) = count(*) then {{ exact_sum('published_fob_value_usd') }} end
        as published_fob_value_usd,
    case when count(net_kg) = count(*) then {{ exact_sum('net_kg') }} end as net_kg,
    count(*) filter (where is_net_kg_estimated) > 0 as is_net_kg_estimated,
    case
        when count(quantity) = count(*) and min(quantity_unit) = max(quantity_unit) then {{ exact_sum('quantity') }}
    end as quantity,
    case
        when count(quantity) = count(*) and min(quantity_unit) = max(quantity_unit) then max(quantity_unit)
    end as quantity_unit,
    cast(min(quality) as double) as concordance_quality
from linked
where common_code is not null
group by
    source_name, freq, period, role, reporter, partner, reporter_is_country, partner_is_country,
    common_code, product_level
