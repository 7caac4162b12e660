-- What was chosen, ready to be compared: where exporter and importer recorded a period in different HS
-- revisions, six-digit codes are summed to groups that are one thing in both (int_products_grouped), and stand in
-- the revision 'mixed'. All else stays as it was recorded: pairs in one revision, headings (they do not meet
-- across revisions), codes without a counterpart, and everything where no table between revisions is loaded.
with

flows as (

    select * from {{ ref('int_flows_chosen') }}

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

-- In which revision a reporter recorded codes; one that recorded them in two is left as it is.
recorded as (

    select freq, period, role, reporter, min(hs_revision) as hs_revision
    from flows
    where product_level = 6
    group by freq, period, role, reporter
    having min(hs_revision) = max(hs_revision)

),

faced as (

    select
        flows.*,
        groups.stable_group_id,
        group_links.quality
    from flows
    inner join recorded as own
        on own.freq = flows.freq
        and own.period = flows.period
        and own.role = flows.role
        and own.reporter = flows.reporter
    inner join recorded as others
        on others.freq = flows.freq
        and others.period = flows.period
        and others.role <> flows.role
        and others.reporter = flows.partner
        and others.hs_revision <> flows.hs_revision
    inner join groups
        on groups.hs_revision = flows.hs_revision
        and groups.product_code = flows.product_code
    inner join group_links
        on group_links.stable_group_id = groups.stable_group_id
        and group_links.hs_revision = flows.hs_revision
        and group_links.other_revision = others.hs_revision
    where flows.product_level = 6

),

aligned as (

    select
        source_name, freq, period, role, reporter, partner, reporter_is_country, partner_is_country,
        stable_group_id as product_code,
        product_level,
        'mixed' as hs_revision,
        {{ exact_sum('value_usd') }} as value_usd,
        {{ exact_sum('re_traded_value_usd') }} as re_traded_value_usd,
        -- known of a group when they are known of all its codes
        case when count(published_fob_value_usd) = count(*) then {{ exact_sum('published_fob_value_usd') }} end
            as published_fob_value_usd,
        case when count(net_kg) = count(*) then {{ exact_sum('net_kg') }} end as net_kg,
        count(*) filter (where is_net_kg_estimated) > 0 as is_net_kg_estimated,
        case
            when count(quantity) = count(*) and count(distinct quantity_unit) = 1 then {{ exact_sum('quantity') }}
        end as quantity,
        case
            when count(quantity) = count(*) and count(distinct quantity_unit) = 1 then max(quantity_unit)
        end as quantity_unit,
        min(quality) as concordance_quality
    from faced
    group by
        source_name, freq, period, role, reporter, partner, reporter_is_country, partner_is_country,
        stable_group_id, product_level

)

select
    flows.source_name, flows.freq, flows.period, flows.role, flows.reporter, flows.partner,
    flows.reporter_is_country, flows.partner_is_country, flows.product_code, flows.product_level, flows.hs_revision,
    flows.value_usd, flows.re_traded_value_usd, flows.published_fob_value_usd,
    flows.net_kg, flows.is_net_kg_estimated, flows.quantity, flows.quantity_unit,
    cast(1 as double) as concordance_quality
from flows
left join faced
    on faced.freq = flows.freq
    and faced.period = flows.period
    and faced.role = flows.role
    and faced.reporter = flows.reporter
    and faced.partner = flows.partner
    and faced.product_code = flows.product_code
    and faced.product_level = flows.product_level
where faced.freq is null
union all
select
    source_name, freq, period, role, reporter, partner, reporter_is_country, partner_is_country,
    product_code, product_level, hs_revision, value_usd, re_traded_value_usd, published_fob_value_usd,
    net_kg, is_net_kg_estimated, quantity, quantity_unit, cast(concordance_quality as double) as concordance_quality
from aligned
