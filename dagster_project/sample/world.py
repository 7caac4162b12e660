"""The front door of the simulated world: `write_world` draws it, reports it, and writes it down.

Belongs here: the order of the steps, the folder, the truth beside the data. Does not belong here: any
number of the world itself (world_data.py, scenario.py), drawing (trade.py, scenario_trade.py) or reporting
(reports.py).
"""

import gzip
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import Generator

from dagster_project.sample import comext, scenario
from dagster_project.sample.comtrade import write_comtrade
from dagster_project.sample.designations import write_designations
from dagster_project.sample.nomenclature import write_bridge
from dagster_project.sample.publication import VARIANTS
from dagster_project.sample.reports import reported_cells, reporters
from dagster_project.sample.scenario_trade import scenario_trade
from dagster_project.sample.trade import honest_trade, staple_trade
from dagster_project.sample.world_data import GOODS, month_start
from dagster_project.settings import SettingsError

VERSION = 5  # raise it when the same seed and scale give another world

README = """SIMULATED

Nothing in these folders is a record of real trade. inbox/ holds simulated reports in the layouts of UN
Comtrade and (a few, in euro) of Eurostat, a table of the HS codes they use in the layout of UNSD, and one list of
real designations, quoted as facts from OFAC's SDN list of 7 May 2024. Reports and list have nothing to do with
each other: no simulated shipment belongs to a listed company.

truth/ holds what the reports do not show:
  diversions.csv   every diversion; value_usd is the exporter's FOB, before any reporting noise;
                   exporter_code and importer_code are the codes in the reports of the two (empty: not recorded)
  ghost.csv        of every diversion and month, what was declared for the transit country and what of it never
                   arrived there; of all else in this world, everything arrived
  decoys.csv       what looks like diversion and is not, errors of a single month among it
  confidential.csv goods that a reporter shows in the sum of their chapter only, or as 999999 (special)
  flows.csv.gz     the true flows by month and HS2022 product: where the goods went, not what was declared
  reporters.csv    how each country reports: noise, bias, lag, basis, and what of it it publishes
  parameters.json  what made this world; the same parameters make it again, byte for byte
"""


def write_world(folder: Path, *, seed: int = scenario.SAMPLE_SEED, scale: float = 1.0, variant: str = "mixed") -> bool:
    """Writes `folder`/inbox (files in the publishers' layouts) and `folder`/truth.

    `scale` multiplies the number of honest series (never below one for each good), and so roughly the rows: 1
    gives about 540,000. The scenario depends on the seed alone. `variant` (publication.VARIANTS) changes what of the
    same reports is published. A folder that already holds this very world is left untouched; any other content is
    moved aside and replaced, so that half a world is never read. Returns whether it was written. Raises SettingsError
    for an unknown variant.
    """
    if variant not in VARIANTS:
        raise SettingsError(f"SAMPLE_VARIANT={variant} is unknown. Choose one of: {', '.join(VARIANTS)}.")
    parameters = {"version": VERSION, "seed": seed, "scale": float(scale), "variant": variant}
    if _is_complete(folder, parameters):
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write_draft(draft / "world", parameters)
        if folder.exists():
            folder.rename(draft / "replaced")
        (draft / "world").rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return True


def _write_draft(draft: Path, parameters: dict) -> None:
    inbox, truth = draft / "inbox", draft / "truth"
    inbox.mkdir(parents=True)
    truth.mkdir()
    publication = VARIANTS[parameters["variant"]]
    plan, trade_rng, report_rng, scenario_rng, staple_rng = _scenario_and_chances(parameters["seed"])
    by_scenario, diversions, ghost = scenario_trade(scenario_rng, plan)
    regular = honest_trade(trade_rng, parameters["scale"], _pairs(by_scenario), plan.reserved())
    shipments = pd.concat([regular, by_scenario, staple_trade(staple_rng, parameters["scale"])], ignore_index=True)
    for code in ("exporter_code", "importer_code"):
        shipments[code] = shipments[code].fillna(shipments["product"])
    write_comtrade(inbox, reported_cells(report_rng, shipments, plan, publication))
    comext.write_comext(inbox / comext.NAME)
    write_designations(inbox / "SIMULATED_ofac_sdn.xml")
    write_bridge(inbox / "SIMULATED_unsd_hs2022_to_hs2017.xlsx")

    (truth / "README.txt").write_text(README)
    diversions.to_csv(truth / "diversions.csv", index=False)
    ghost.to_csv(truth / "ghost.csv", index=False)
    _decoys(plan).to_csv(truth / "decoys.csv", index=False)
    pd.DataFrame(plan.secrets).to_csv(truth / "confidential.csv", index=False)
    reporters(plan, publication).to_csv(truth / "reporters.csv", index=False)
    _write_flows(truth / "flows.csv.gz", shipments)
    written = {str(f.relative_to(draft)): f.stat().st_size for f in sorted(draft.rglob("*")) if f.is_file()}
    (truth / "parameters.json").write_text(json.dumps(parameters | {"bytes": written}, indent=2) + "\n")


def scenario_of(seed: int) -> scenario.Scenario:
    """The scenario of the world of this seed, at any scale."""
    return _scenario_and_chances(seed)[0]


def _scenario_and_chances(seed: int) -> tuple[scenario.Scenario, Generator, Generator, Generator, Generator]:
    """The scenario, and a stream of chance for each step after it: it does not depend on the scale."""
    streams = [Generator(np.random.PCG64(s)) for s in np.random.SeedSequence(seed).spawn(6)]
    first, trade, reports, events, later, staples = streams
    return scenario.draw(first, later, seed), trade, reports, events, staples


def _pairs(shipments: pd.DataFrame) -> pd.DataFrame:
    """exporter, importer: where goods went, and where they were declared to go."""
    true, declared = shipments[["exporter", "importer"]], shipments[["exporter", "declared"]]
    return pd.concat([true, declared.set_axis(true.columns, axis=1)]).drop_duplicates()


def _decoys(plan: scenario.Scenario) -> pd.DataFrame:
    decoys = pd.DataFrame(plan.decoys)
    return pd.DataFrame({
        "decoy_id": [f"X{n:02d}" for n in range(1, len(decoys) + 1)], "kind": decoys.kind,
        "exporter_iso3": decoys.exporter, "importer_iso3": decoys.importer, "product_code": decoys["product"],
        "first_month": decoys["first"] + "-01", "last_month": decoys["last"] + "-01",
        "extra_usd": (decoys.usd_million * 1e6).map("{:.2f}".format), "description": decoys.description,
    })  # fmt: skip


def _write_flows(path: Path, shipments: pd.DataFrame) -> None:
    """quantity is in items where the good is counted in items, in kg otherwise; values at FOB."""
    goods = shipments[shipments["product"].isin(GOODS.index)]
    flows = goods.groupby(["exporter", "importer", "product", "month"], as_index=False)[
        ["value_usd", "items", "kg"]
    ].sum()
    flows["kg"] = flows.kg.round(3)
    lines = pd.DataFrame({
        "exporter_iso3": flows.exporter, "importer_iso3": flows.importer, "product_code": flows["product"],
        "month": flows.month.map(month_start), "value_fob_usd": flows.value_usd.round(2),
        "quantity": flows["items"].where(flows["items"] > 0, flows.kg), "net_kg": flows.kg,
    })  # fmt: skip
    with path.open("wb") as raw, gzip.GzipFile("", "wb", compresslevel=3, fileobj=raw, mtime=0) as packed:
        lines.to_csv(packed, index=False)


def _is_complete(folder: Path, parameters: dict) -> bool:
    """True if `folder` was written with these parameters and all its files still have their size."""
    try:
        written = json.loads((folder / "truth" / "parameters.json").read_text())
        sizes = written.pop("bytes")
        return written == parameters and all((folder / f).stat().st_size == size for f, size in sizes.items())
    except (OSError, ValueError, KeyError):
        return False
