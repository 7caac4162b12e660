"""The simulated world: trade with a known truth, written in the publishers' own file layouts.

Belongs here: everything that invents data (countries, goods, true flows, the diversions and decoys of a scenario, and
the way each country reports). Does not belong here: reading, loading or judging data; the warehouse meets
these files as it meets real ones, and never looks at the truth beside them.

    world_data.py     who trades what: countries, goods, distances
    scenario.py       the ground truth: diversions, the article's figures, decoys
    trade.py          what truly moved: gravity, season, war
    scenario_trade.py what truly moved: the scenario
    reports.py        what the countries report
    publication.py    what of it they publish
    comtrade.py       those reports in UN Comtrade's layout
    comext.py         a few more in euro, in Eurostat's layout
    designations.py   real designations, quoted, in OFAC's layout
    nomenclature.py   HS2022 to HS2017 for the world's goods, in UNSD's layout
    world.py          the front door: `write_world(folder, seed=…, scale=…)`
"""
