{{ config(materialized='view') }}
-- What was chosen, ready to be compared: where exporter and importer recorded a period in different HS
-- revisions, six-digit codes are summed to groups that are one thing in both (int_products_grouped), and stand in
-- the revision 'mixed'. All else stays as it was recorded: pairs in one revision, headings (they do not meet
-- across revisions), codes without a counterpart, and everything where no table between revisions is loaded.
with

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

faced_revisions as {{ read_in_place() }} (

    select * from {{ ref('int_revisions_faced') }}

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

faced as {{ read_in_place() }} (

    select flows.*, faced_revisions.other_revision
    from {{ ref('int_flows_chosen') }} as flows
    inner join faced_revisions
        on faced_revisions.freq = flows.freq
        and faced_revisions.period = flows.period
        and faced_revisions.role = flows.role
        and faced_revisions.reporter = flows.reporter
        and faced_revisions.partner = flows.partner
        and faced_revisions.hs_revision = flows.hs_revision
        and faced_revisions.product_level = flows.product_level

),

aligned as (

    select
        flows.source_name, flows.freq, flows.period, flows.role, flows.reporter, flows.partner,
        flows.reporter_is_country, flows.partner_is_country,
        links.stable_group_id as product_code,
        flows.product_level,
        'mixed' as hs_revision,
        {{ exact_sum('value_usd') }} as value_usd,
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
        min(links.quality) as concordance_quality
    from faced as flows
    inner join links
        on links.hs_revision = flows.hs_revision
        and links.product_code = flows.product_code
        and links.other_revision = flows.other_revision
    group by
        flows.source_name, flows.freq, flows.period, flows.role, flows.reporter, flows.partner,
        flows.reporter_is_country, flows.partner_is_country, links.stable_group_id, flows.product_level

)

select
    flows.source_name, flows.freq, flows.period, flows.role, flows.reporter, flows.partner,
    flows.reporter_is_country, flows.partner_is_country, flows.product_code, flows.product_level, flows.hs_revision,
    flows.value_usd, flows.re_traded_value_usd, flows.published_fob_value_usd,
    flows.net_kg, flows.is_net_kg_estimated, flows.quantity, flows.quantity_unit,
    cast(1 as double) as concordance_quality
from {{ ref('int_flows_chosen') }} as flows
left join faced_revisions
    on faced_revisions.freq = flows.freq
    and faced_revisions.period = flows.period
    and faced_revisions.role = flows.role
    and faced_revisions.reporter = flows.reporter
    and faced_revisions.partner = flows.partner
    and faced_revisions.hs_revision = flows.hs_revision
    and faced_revisions.product_level = flows.product_level
where faced_revisions.freq is null
union all
select
    flows.source_name, flows.freq, flows.period, flows.role, flows.reporter, flows.partner,
    flows.reporter_is_country, flows.partner_is_country, flows.product_code, flows.product_level, flows.hs_revision,
    flows.value_usd, flows.re_traded_value_usd, flows.published_fob_value_usd,
    flows.net_kg, flows.is_net_kg_estimated, flows.quantity, flows.quantity_unit,
    cast(1 as double) as concordance_quality
from faced as flows
left join links
    on links.hs_revision = flows.hs_revision
    and links.product_code = flows.product_code
    and links.other_revision = flows.other_revision
where links.product_code is null
union all
select
    source_name, freq, period, role, reporter, partner, reporter_is_country, partner_is_country,
    product_code, product_level, hs_revision, value_usd, re_traded_value_usd, published_fob_value_usd,
    net_kg, is_net_kg_estimated, quantity, quantity_unit, cast(concordance_quality as double) as concordance_quality
from aligned
