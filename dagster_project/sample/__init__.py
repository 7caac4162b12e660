"""The simulated world: trade with a known truth, written in the publishers' own file layouts.

Belongs here: everything that invents data (countries, goods, true flows, planted diversions, decoys, and
the way each country reports). Does not belong here: reading, loading or judging data; the warehouse meets
these files as it meets real ones, and never looks at the truth beside them.

    cast.py           who trades what: countries, goods, distances
    plot.py           what is planted: diversions, the article's figures, decoys
    trade.py          what truly moved: gravity, season, war
    planting.py       what truly moved: the plot
    reports.py        what the countries say moved
    comtrade.py       those reports in UN Comtrade's layout
    designations.py   real designations, quoted, in OFAC's layout
    nomenclature.py   HS2022 to HS2017 for the world's goods, in UNSD's layout
    world.py          the front door: `write_world(folder, seed=…, scale=…)`
"""
