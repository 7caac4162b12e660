"""One row is a route bloc → transit → destination of one good and period: see dagster_project/estimators/chains.py."""

IN = {"exporter": "exporter_bloc", "importer_iso3": "transit_iso3", "value_usd": "in_usd",
      "excess_usd": "in_excess_usd", "excess_kg": "in_excess_kg"}  # fmt: skip
OUT = {"exporter": "transit_iso3", "importer_iso3": "target_iso3", "value_usd": "out_usd",
       "excess_usd": "out_excess_usd", "excess_kg": "out_excess_kg"}  # fmt: skip
ONLY_IN = ["goods_kind", "left_out_year", "arrived_excess_usd"]


def model(dbt, session):
    import pandas as pd

    from dagster_project.estimators.chains import chain

    dbt.config(materialized="table")
    lag = int(dbt.config.meta_get("lag"))
    # goods that came in late in a year may leave in the next: whole years, so that the bound stays an upper one
    lags = {"M": lag, "A": -(-lag // 12)}
    flows = dbt.ref("int_chain_flows_measured").df()
    chains = []
    for freq, lag_periods in lags.items():
        of_freq = flows[flows["freq"] == freq].drop(columns="freq")
        inflows = of_freq[of_freq["direction"] == "in"].drop(columns="direction").rename(columns=IN)
        outflows = of_freq[of_freq["direction"] == "out"].drop(columns=["direction", *ONLY_IN]).rename(columns=OUT)
        matched = chain(
            inflows,
            outflows,
            lag=lag_periods,
            scale=dbt.config.meta_get("scale"),
            least_months=dbt.config.meta_get("least_months"),
        )
        chains.append(matched.assign(freq=freq).astype({"freq": "string"}))
    return pd.concat(chains, ignore_index=True)
