"""Apache Spark instead of DuckDB, for worlds that one machine does not hold: docs/scale.md.

DuckDB lands, loads, gates and stages; Spark computes the intermediate models and the marts. Here belongs what goes from
one to the other (handover.py), what an environment with Spark must have (environment.py), and what dbt's session on
Spark lacks (session/). Not here: any model, or how an engine says what another says differently
(dbt/macros/engine.sql).
"""
