"""Dagster's record of runs with its connections kept open: Dagster reads what it wrote, and it what Dagster wrote."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from dagster_project import event_log
from dagster_project.settings import PROJECT_DIR


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Dagster's home with the instance settings of the project."""
    shutil.copyfile(PROJECT_DIR / "dagster.yaml", tmp_path / "dagster.yaml")
    return tmp_path


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with event_log.instance(home) as opened:
        yield opened


@dg.asset(check_specs=[dg.AssetCheckSpec("sound", asset="gaps")])
def gaps():
    yield dg.MaterializeResult(metadata={"rows": 3}, check_results=[dg.AssetCheckResult(passed=True)])


def run(instance: dg.DagsterInstance) -> str:
    return dg.materialize([gaps], instance=instance).run_id


def test_the_instance_has_it_and_the_settings_of_the_project(instance):
    assert isinstance(instance.event_log_storage, event_log.PooledSqliteEventLogStorage)
    assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 1


def test_dagster_reads_what_it_wrote(home, instance):
    run_id = run(instance)
    there = SqliteEventLogStorage(str(home / "history" / "runs"))  # as another process of Dagster's opens it
    assert [entry.message for entry in there.get_logs_for_run(run_id)] == [
        entry.message for entry in instance.all_logs(run_id)
    ]
    assert there.get_latest_materialization_events([gaps.key])[gaps.key].run_id == run_id
    [check] = there.get_asset_check_execution_history(next(iter(gaps.check_keys)), limit=5)
    assert check.run_id == run_id and check.status.value == "SUCCEEDED"


def test_it_reads_what_dagster_wrote(home):
    with dg.DagsterInstance.from_config(str(home)) as default:
        run_id = run(default)
    with event_log.instance(home) as instance:
        assert instance.get_latest_materialization_event(gaps.key).run_id == run_id
        assert run(instance) != run_id and len(instance.get_runs()) == 2
    with dg.DagsterInstance.from_config(str(home)) as default:
        assert default.get_latest_materialization_event(gaps.key).run_id != run_id


def test_of_many_runs_few_files_stay_open_and_each_is_read(instance):
    runs = [run(instance) for _ in range(event_log.OPEN + 2)]
    assert all(instance.all_logs(run_id) for run_id in runs)
    assert len(instance.event_log_storage._engines) == event_log.OPEN
