-- Where much of what a reporter recorded with a partner hides under no ordinary code: in the part of a chapter
-- that its HS6 rows do not explain, or in chapter 99. Chapters that hide little have no row.
--
-- A chapter is compared with its HS6 rows only where the reporter's detail of it is loaded whole, which shows in half
-- of its partners at least: beside selected codes the rest of a chapter is not loaded, and not hidden (METHODS E2).
with

chapters as (

    select
        freq, period, role, reporter, partner,
        left(product_code, 2) as chapter,
        {{ exact_sum('value_usd', "product_level = 2") }} as chapter_value_usd,
        coalesce({{ exact_sum('value_usd', "product_level = 6") }}, 0) as children_value_usd
    from {{ ref('int_flows_chosen') }}
    where product_level in (2, 6)
    group by freq, period, role, reporter, partner, left(product_code, 2)

),

detailed as (

    select freq, period, role, reporter, chapter
    from chapters
    where chapter_value_usd > 0
    group by freq, period, role, reporter, chapter
    having 2 * count(*) filter (
        where children_value_usd >= {{ var('suppressed_children_share') }} * chapter_value_usd
    ) >= count(*)

),

pairs as (

    select
        freq, period, role, reporter, partner,
        coalesce({{ exact_sum('value_usd', "product_level = 2 and product_code = '99'") }}, 0) as specials_value_usd,
        {{ exact_sum('value_usd', "product_level = 0") }} as total_value_usd
    from {{ ref('int_flows_chosen') }}
    where product_level in (0, 2)
    group by freq, period, role, reporter, partner

)

select
    chapters.freq,
    chapters.period,
    chapters.role,
    chapters.reporter,
    chapters.partner,
    chapters.chapter,
    chapters.children_value_usd / nullif(chapters.chapter_value_usd, 0) as children_share,
    pairs.specials_value_usd / nullif(pairs.total_value_usd, 0) as specials_share
from chapters
inner join pairs
    on pairs.freq = chapters.freq
    and pairs.period = chapters.period
    and pairs.role = chapters.role
    and pairs.reporter = chapters.reporter
    and pairs.partner = chapters.partner
left join detailed
    on detailed.freq = chapters.freq
    and detailed.period = chapters.period
    and detailed.role = chapters.role
    and detailed.reporter = chapters.reporter
    and detailed.chapter = chapters.chapter
where (
    detailed.reporter is not null
    and chapters.children_value_usd < {{ var('suppressed_children_share') }} * chapters.chapter_value_usd
)
    or pairs.specials_value_usd > {{ var('suppressed_specials_share') }} * pairs.total_value_usd
