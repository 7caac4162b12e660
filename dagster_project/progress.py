"""One line a step on a terminal while a run works: what, how many rows, how many seconds.

A Dagster logger that reads the run's events; the UI shows the same events in its own way. Not here: the
summary at the end (__main__.py).
"""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter

import dagster as dg


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(level=logging.DEBUG)
        self.stream = sys.__stdout__
        self.before = time.monotonic()
        self.checks: Counter[str] = Counter()  # by step: how many ran

    def emit(self, record: logging.LogRecord) -> None:
        event = (getattr(record, "dagster_meta", None) or {}).get("dagster_event")
        if event is None:
            message = (getattr(record, "dagster_meta", None) or {}).get("orig_message", record.getMessage())
            # what did not run after a failure is plain from the failure
            if record.levelno >= logging.WARNING and not message.startswith("Dependencies for step"):
                self._write("!", message)
            return
        if event.event_type_value == "ASSET_MATERIALIZATION":
            materialization = event.step_materialization_data.materialization
            layer, _, name = materialization.asset_key.to_user_string().partition("/")
            rows = materialization.metadata.get("dagster/row_count")
            files = materialization.metadata.get("files")
            amount = f"{rows.value:>12,} rows" if rows else f"{files.value:>12,} files" if files else ""
            if idle := materialization.metadata.get("idle"):
                amount = f"({idle.value})"
            took = materialization.metadata.get("Execution Duration")
            now = time.monotonic()
            seconds, self.before = (took.value if took else now - self.before), now
            self._write(layer, f"{name:<28} {amount:<18} {seconds:6.1f} s")
        elif event.event_type_value == "ASSET_CHECK_EVALUATION":
            check = event.asset_check_evaluation_data
            self.checks[event.step_key] += 1
            if not check.passed:
                layer, _, name = check.asset_key.to_user_string().partition("/")
                mark = "FAILED" if check.severity == dg.AssetCheckSeverity.ERROR else "warning"
                self._write(layer, f"{name:<28} {mark}: {check.check_name}. {check.description or ''}")

        elif event.event_type_value == "STEP_SUCCESS" and self.checks[event.step_key]:
            now = time.monotonic()
            seconds, self.before = now - self.before, now
            layer, name = ("gate", event.step_key.removeprefix("gate_"))
            if name == event.step_key:
                layer, name = "test", "what dbt built"
            self._write(layer, f"{name:<28} {self.checks[event.step_key]:>12,} checks {seconds:8.1f} s")

    def _write(self, layer: str, line: str) -> None:
        print(f"  {layer:<13}{line}", file=self.stream, flush=True)


@dg.logger(description="One line a step, for a person at a terminal.")
def logger(_: dg.InitLoggerContext) -> logging.Logger:
    lines = logging.Logger("progress", level=logging.DEBUG)
    lines.addHandler(Lines())
    return lines
