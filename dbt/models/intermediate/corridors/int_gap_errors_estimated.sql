-- How far the gap of a year strays by error alone, in log points, for each series and size of it (METHODS E3). The error
-- of a sum is not that of a cell: it is estimated at the level it is used at (goods, product group, total; country or
-- bloc), from what the log gap of one pair changed by from year to year before the war. The change has the errors of two
-- years in it. Twelve months are a year where no annual row is there.
--
-- `error_basis` is the first that holds enough pairs: `size` (series of that size at that level), `level` (of all
-- sizes), `members` (of a bloc: its members' errors, by their shares), `goods` (of a sum of goods: theirs, by their
-- shares), else `prior`: the least spread of a gap (gap_floors).
{% set baseline = var('baselines') | selectattr('id', 'equalto', var('reliability_baseline')) | first %}
{% set enough = 'count(distinct exporter || importer_iso3) >= ' ~ var('error_pairs_needed') %}
{# nine of ten changes are within so many standard deviations: the tails count, and the worst do not #}
{% set error = 'percentile_cont(0.9) within group (order by abs(change)) / (' ~ var('noise_z') ~ ' * sqrt(2))' %}
with

series as (

    select
        freq, exporter, exporter_kind, importer_iso3, goods,
        cast(extract(year from period) as integer) as year,
        case
            when goods like 'TOTAL%' then 'total'
            when goods_kind = 'basket' then 'group'
            else 'product'
        end as level,
        compared_export_usd,
        compared_import_fob_usd
    from {{ ref('int_series_summed') }}

),

yearly as (

    select
        freq, exporter, exporter_kind, importer_iso3, goods, level, year,
        {{ exact_sum('compared_export_usd') }} as export_usd,
        {{ exact_sum('compared_import_fob_usd') }} as import_usd,
        row_number() over (
            partition by exporter, importer_iso3, goods, year order by freq nulls last
        ) as place
    from series
    group by freq, exporter, exporter_kind, importer_iso3, goods, level, year
    having count(compared_export_usd) = case freq when 'A' then 1 else 12 end

),

gaps as (

    select
        exporter, exporter_kind, importer_iso3, goods, level, year,
        {{ size_class('greatest(export_usd, import_usd)') }} as size_class,
        {{ gap_log('export_usd', 'import_usd') }} as gap_log
    from yearly
    where place = 1
        and export_usd > 0
        and import_usd > 0
        and year between {{ baseline.first[:4] }} and {{ baseline.last[:4] }}

),

changes as (

    select later.*, later.gap_log - earlier.gap_log as change
    from gaps as later
    inner join gaps as earlier
        on earlier.exporter = later.exporter
        and earlier.importer_iso3 = later.importer_iso3
        and earlier.goods = later.goods
        and earlier.year = later.year - 1

),

sized as (

    select level, exporter_kind, size_class, {{ error }} as error_sd
    from changes
    group by level, exporter_kind, size_class
    having {{ enough }}

),

levelled as (

    select level, exporter_kind, {{ error }} as error_sd
    from changes
    group by level, exporter_kind
    having {{ enough }}

),

classes as (

    {% for size in range(5) -%}
    select {{ size }} as size_class
    {%- if not loop.last %}
    union all
    {% endif -%}
    {%- endfor %}

),

corridors as (

    select distinct exporter, exporter_kind, importer_iso3, goods, level from series

),

measured as (

    select
        corridors.*,
        classes.size_class,
        coalesce(sized.error_sd, levelled.error_sd) as error_sd,
        case when sized.error_sd is not null then 'size' when levelled.error_sd is not null then 'level' end as error_basis
    from corridors
    cross join classes
    left join sized
        on sized.level = corridors.level
        and sized.exporter_kind = corridors.exporter_kind
        and sized.size_class = classes.size_class
    left join levelled
        on levelled.level = corridors.level
        and levelled.exporter_kind = corridors.exporter_kind

),

-- what each series exported in a year: the weights of what it is the sum of
exported as (

    select
        exporter, exporter_kind, importer_iso3, goods, level,
        {{ exact_sum('export_usd') }} / count(*) as yearly_export_usd
    from yearly
    where place = 1
    group by exporter, exporter_kind, importer_iso3, goods, level
    having sum(export_usd) > 0

),

members as (

    select distinct bloc, iso3 from {{ ref('int_bloc_members_dated') }}

),

parts as (

    select
        'members' as error_basis, members.bloc as exporter, 'bloc' as exporter_kind, exported.importer_iso3,
        exported.goods, exported.level, exported.exporter_kind as part_kind, exported.level as part_level,
        exported.yearly_export_usd as export_usd
    from exported
    inner join members on members.iso3 = exported.exporter
    where exported.exporter_kind = 'country'
    union all
    select
        'goods' as error_basis, exported.exporter, exported.exporter_kind, exported.importer_iso3,
        product_groups.product_group as goods, 'group' as level, exported.exporter_kind as part_kind,
        exported.level as part_level, exported.yearly_export_usd
    from exported
    inner join {{ ref('int_product_groups_composed') }} as product_groups on product_groups.goods = exported.goods
    where exported.level = 'product'
    union all
    select
        'goods' as error_basis, exporter, exporter_kind, importer_iso3, 'TOTAL' as goods, 'total' as level,
        exporter_kind as part_kind, level as part_level,
        yearly_export_usd as export_usd
    from exported
    where level = 'product'

),

summed as (

    select
        parts.error_basis, parts.exporter, parts.exporter_kind, parts.importer_iso3, parts.goods,
        sqrt(
            {{ exact_sum('power(coalesce(sized.error_sd, levelled.error_sd), 2) * power(parts.export_usd, 2)') }}
            / power({{ exact_sum('parts.export_usd') }}, 2)
        ) as error_sd
    from parts
    inner join levelled
        on levelled.level = parts.part_level
        and levelled.exporter_kind = parts.part_kind
    left join sized
        on sized.level = parts.part_level
        and sized.exporter_kind = parts.part_kind
        and sized.size_class = {{ size_class('parts.export_usd') }}
    group by parts.error_basis, parts.exporter, parts.exporter_kind, parts.importer_iso3, parts.goods

)

select
    measured.exporter,
    measured.importer_iso3,
    measured.goods,
    measured.level,
    measured.size_class,
    round(coalesce(
        measured.error_sd, of_members.error_sd, of_goods.error_sd,
        case measured.size_class
            when 0 then {{ var('gap_floors')[0] }}
            when 1 then {{ var('gap_floors')[1] }}
            else {{ var('gap_floors')[2] }}
        end
    ), 6) as error_sd,
    case
        when measured.error_basis is not null then measured.error_basis
        when of_members.error_sd is not null then 'members'
        when of_goods.error_sd is not null then 'goods'
        else 'prior'
    end as error_basis
from measured
left join summed as of_members
    on of_members.error_basis = 'members'
    and of_members.exporter = measured.exporter
    and of_members.exporter_kind = measured.exporter_kind
    and of_members.importer_iso3 = measured.importer_iso3
    and of_members.goods = measured.goods
left join summed as of_goods
    on of_goods.error_basis = 'goods'
    and of_goods.exporter = measured.exporter
    and of_goods.exporter_kind = measured.exporter_kind
    and of_goods.importer_iso3 = measured.importer_iso3
    and of_goods.goods = measured.goods
