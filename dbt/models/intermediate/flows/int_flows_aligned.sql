{{ config(materialized='view') }}
-- The flows that are used, ready to be compared: where exporter and importer reported a period in different HS
-- revisions, six-digit codes are summed to groups that are one thing in both (int_products_grouped), in the
-- revision 'mixed'. All else stays as it was reported: pairs in one revision, headings (they do not meet
-- across revisions), codes without a counterpart, and everything where no table between revisions is loaded.
with

-- the revision of a reporter's codes in a period; a reporter that used two is left as it is
revisions as (

    select freq, period, role, reporter, min(hs_revision) as hs_revision
    from {{ ref('int_reports_ranked') }}
    where product_level = 6 and is_used
    group by freq, period, role, reporter
    having min(hs_revision) = max(hs_revision)

),

facing as (

    select
        own.freq, own.period, own.role, own.reporter, others.reporter as partner, own.hs_revision,
        others.hs_revision as other_revision,
        6 as product_level
    from revisions as own
    inner join revisions as others
        on others.freq = own.freq
        and others.period = own.period
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

links as (

    select
        groups.hs_revision, groups.product_code, groups.stable_group_id,
        group_links.other_revision, group_links.quality
    from groups
    inner join group_links
        on group_links.stable_group_id = groups.stable_group_id
        and group_links.hs_revision = groups.hs_revision

),

linked as {{ read_in_place() }} (

    select flows.*, links.stable_group_id, links.quality
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
        and links.product_code = flows.product_code
        and links.other_revision = facing.other_revision

)

select
    source_name, freq, period, role, reporter, partner, reporter_is_country, partner_is_country,
    product_code, product_level, hs_revision, value_usd, re_traded_value_usd, published_fob_value_usd,
    net_kg, is_net_kg_estimated, quantity, quantity_unit, cast(1 as double) as concordance_quality
from linked
where stable_group_id is null
union all
select
    source_name, freq, period, role, reporter, partner, reporter_is_country, partner_is_country,
    stable_group_id as product_code,
    product_level,
    'mixed' as hs_revision,
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
where stable_group_id is not null
group by
    source_name, freq, period, role, reporter, partner, reporter_is_country, partner_is_country,
    stable_group_id, product_level
