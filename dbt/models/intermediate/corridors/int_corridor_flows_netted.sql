-- Both sides of a corridor, in goods that mean the same over time: the cells of one good, whatever revision each was
-- reported in, are added up before they are compared, and goods to product groups. TOTAL is the reported total.
--
-- `compared` is both sides where a gap may be stated: both reported the good, or one did and the other's missing row is
-- a zero of at least `min_zero_strength`, or may be among what it records under partners that are no country: that much
-- is taken as recorded (METHODS E1). It is NULL elsewhere, and what is left out there is in weak_usd or silent_usd.
{% set measures = ['export_value_usd', 'import_fob_usd', 'import_fob_low_usd', 'import_fob_high_usd',
    'compared_export_usd', 'compared_import_fob_usd', 'compared_import_fob_low_usd', 'compared_import_fob_high_usd',
    'compared_import_cif_usd', 'compared_import_as_fob_usd', 'both_usd', 'strong_usd', 'medium_usd', 'weak_usd', 'silent_usd', 'export_kg', 'import_kg', 'quality_usd'] %}
{% set counted_strengths = {'strong': ['strong'], 'medium': ['strong', 'medium'], 'weak': ['strong', 'medium', 'weak']} %}
with

flows as (

    select
        *,
        {{ import_fob_at('margin_high') }} as import_value_fob_low_usd,
        {{ import_fob_at('margin_low') }} as import_value_fob_high_usd,
        {{ is_gap_stated('coverage_status') }} as is_stated,
        case when hidden_usd > 0 and export_value_usd > 0 then least(hidden_usd, export_value_usd) end
            as hidden_import_usd,
        case when hidden_usd > 0 and not coalesce(export_value_usd > 0, false) then least(hidden_usd, import_value_fob_usd) end
            as hidden_export_usd,
        import_basis in ('published_fob', 'reported_fob') as is_fob
    from {{ ref('int_flows_typed') }}
    where product_level in (0, 6)
        and coverage_status not in ('non_geographic', 'neither')

),

countries as (

    select iso3, role from {{ ref('stg_seeds__countries') }}

),

groups as (

    select * from {{ ref('int_products_grouped') }}

),

product_groups as (

    select * from {{ ref('int_product_groups_composed') }}

),

cells as (

    select
        flows.*,
        coalesce(groups.stable_group_id, flows.product_code) as goods
    from flows
    inner join countries as exporters
        on exporters.iso3 = flows.exporter_iso3
        and exporters.role in ('coalition', 'transit')
    inner join countries as importers
        on importers.iso3 = flows.importer_iso3
        and importers.role in ('transit', 'target')
    left join groups
        on groups.hs_revision = flows.hs_revision
        and groups.product_code = flows.product_code

),

netted as (

    select
        freq,
        period,
        exporter_iso3,
        importer_iso3,
        goods,
        product_level,
        {{ exact_sum('export_value_usd') }} as export_value_usd,
        {{ exact_sum('import_value_fob_usd') }} as import_fob_usd,
        {{ exact_sum('import_value_fob_low_usd') }} as import_fob_low_usd,
        {{ exact_sum('import_value_fob_high_usd') }} as import_fob_high_usd,
        coalesce({{ exact_sum('coalesce(hidden_export_usd, export_value_usd)', 'is_stated') }}, 0) as stated_export_usd,
        {% for bound in ['', 'low_', 'high_'] -%}
        coalesce({{ exact_sum('coalesce(hidden_import_usd, import_value_fob_' ~ bound ~ 'usd)', 'is_stated') }}, 0)
            as stated_import_fob_{{ bound }}usd,
        {% endfor -%}
        -- what a margin is taken off, and what needs none
        coalesce({{ exact_sum('import_value_usd', 'is_stated and not is_fob') }}, 0) as stated_import_cif_usd,
        coalesce({{ exact_sum('case when is_fob then import_value_fob_usd else hidden_import_usd end', 'is_stated') }}, 0)
            as stated_import_as_fob_usd,
        case when count(export_net_kg) = count(export_value_usd) then {{ exact_sum('export_net_kg') }} end as export_kg,
        case when count(import_net_kg) = count(import_value_usd) then {{ exact_sum('import_net_kg') }} end as import_kg,
        min(concordance_quality) as concordance_quality,
        count(*) filter (where is_stated) > 0 as is_stated,
        count(*) filter (where zero_strength = 'strong') > 0 as has_strong,
        count(*) filter (where zero_strength = 'medium') > 0 as has_medium,
        count(*) filter (where coverage_status = 'partner_hidden') > 0 as has_hidden
    from cells
    group by freq, period, exporter_iso3, importer_iso3, goods, product_level

),

covered as (

    select
        *,
        coalesce(nullif(export_value_usd, 0), import_fob_usd) as value_usd,
        case
            when not is_stated then 'silent'
            when stated_export_usd > 0 and stated_import_fob_usd > 0 and not has_hidden then 'both'
            when has_strong then 'strong'
            when has_medium or has_hidden then 'medium'
            else 'weak'
        end as coverage
    from netted

),

compared as (

    select
        *,
        coverage in ('both', '{{ counted_strengths[var("min_zero_strength")] | join("', '") }}') as is_compared
    from covered

),

goods as (

    select
        freq,
        period,
        exporter_iso3,
        importer_iso3,
        goods,
        case product_level when 0 then 'basket' else 'product' end as goods_kind,
        export_value_usd,
        import_fob_usd,
        import_fob_low_usd,
        import_fob_high_usd,
        case when is_compared then stated_export_usd end as compared_export_usd,
        case when is_compared then stated_import_fob_usd end as compared_import_fob_usd,
        case when is_compared then stated_import_fob_low_usd end as compared_import_fob_low_usd,
        case when is_compared then stated_import_fob_high_usd end as compared_import_fob_high_usd,
        case when is_compared then stated_import_cif_usd end as compared_import_cif_usd,
        case when is_compared then stated_import_as_fob_usd end as compared_import_as_fob_usd,
        {% for coverage in ['both', 'strong', 'medium', 'weak', 'silent'] -%}
        case when coverage = '{{ coverage }}' then value_usd else 0 end as {{ coverage }}_usd,
        {% endfor -%}
        export_kg,
        import_kg,
        case when export_value_usd > 0 and export_kg is null then 1 else 0 end as exports_unweighed,
        case when import_fob_usd > 0 and import_kg is null then 1 else 0 end as imports_unweighed,
        coalesce(concordance_quality, 1) * value_usd as quality_usd
    from compared

)

select
    freq, period, exporter_iso3, importer_iso3, goods, goods_kind,
    {{ measures | join(', ') }}, exports_unweighed, imports_unweighed
from goods
union all
select
    goods.freq, goods.period, goods.exporter_iso3, goods.importer_iso3, product_groups.product_group as goods,
    'basket' as goods_kind,
    {% for measure in measures -%}
    {{ exact_sum('goods.' ~ measure) }} as {{ measure }},
    {% endfor -%}
    max(goods.exports_unweighed) as exports_unweighed,
    max(goods.imports_unweighed) as imports_unweighed
from goods
inner join product_groups on product_groups.goods = goods.goods
group by goods.freq, goods.period, goods.exporter_iso3, goods.importer_iso3, product_groups.product_group
