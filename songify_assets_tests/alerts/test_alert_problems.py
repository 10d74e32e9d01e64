"""Each kind of problem is found while it is the case, and not once it is over."""

import time
import uuid

import dagster as dg
import pytest
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.test_utils import create_run_for_test

from songify_assets.orchestration.alerts.graph import Graph
from songify_assets.orchestration.alerts.problems import failed_checks
from songify_assets.orchestration.alerts.run_problems import failed_runs, slow_runs
from songify_assets.orchestration.alerts.view import View

DAYS = dg.DailyPartitionsDefinition("2021-12-01", end_date="2021-12-05")
RANGE = {"dagster/asset_partition_range_start": "2021-12-01", "dagster/asset_partition_range_end": "2021-12-03"}


@pytest.fixture
def instance():
    with dg.instance_for_test() as one:
        yield one


def view(instance: dg.DagsterInstance, graph: Graph | None = None, later: float = 0) -> View:
    return View(instance, time.time() + later, graph, ui_url="http://127.0.0.1:3000")


def judged(instance, asset="raw/books", check="readable", passed=False, partition=None, severity="ERROR", **more):
    event = dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(asset.split("/")),
        check_name=check,
        passed=passed,
        partition=partition,
        severity=dg.AssetCheckSeverity[severity],
        **more,
    )
    kind = dg.DagsterEventType.ASSET_CHECK_EVALUATION.value
    instance.report_dagster_event(dg.DagsterEvent(kind, "job", event_specific_data=event), run_id=str(uuid.uuid4()))


def test_a_failed_check_is_a_problem_until_it_passes(instance):
    judged(instance, partition="2021-12-02", description="books.json: no JSON.")
    judged(instance, partition="2021-12-03", severity="WARN")
    judged(instance, partition="2021-12-04", passed=True)
    first, second = failed_checks(view(instance))
    assert first.key == "check:raw/books:readable:2021-12-02"
    assert first.title == "raw/books 2021-12-02 cannot be read"
    assert "books.json: no JSON." in first.body
    assert first.link == "http://127.0.0.1:3000/assets/raw/books?view=checks"
    assert [first.severity, second.severity] == ["error", "warning"]
    judged(instance, partition="2021-12-02", passed=True)
    judged(instance, partition="2021-12-03", passed=True)
    assert failed_checks(view(instance)) == []


def test_a_held_dump_says_how_to_release_it(instance):
    judged(instance, check="mass_delete", partition="2021-12-02", description="It lacks 3 of 4 keys.", blocking=True)
    (held,) = failed_checks(view(instance))
    assert held.title == "raw/books 2021-12-02 is held for approval"
    assert "songify approve raw/books 2021-12-02 --reason" in held.body
    assert "job approve" in held.body.replace("\n", " ")


def test_the_sum_of_a_range_is_no_problem_of_its_own(instance):
    spec = dg.AssetCheckSpec("odd", asset="table", partitions_def=DAYS)

    @dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run(), check_specs=[spec])
    def table(context):
        for key in context.partition_keys:
            judged(context.instance, "table", "odd", passed=key != "2021-12-02", partition=key)
        return dg.MaterializeResult(check_results=[dg.AssetCheckResult(check_name="odd", passed=False)])

    assert dg.materialize([table], instance=instance, tags=RANGE).success
    assert [one.key for one in failed_checks(view(instance))] == ["check:table:odd:2021-12-02"]


def test_a_check_without_partitions_keeps_its_verdict_after_a_run_of_a_range(instance):
    """The daemon enters every check of such a run as planned for each partition; those entries are never completed."""
    judged(instance, "vendor/books", "known_authors")
    days = DAYS.subset_with_partition_keys(["2021-12-01", "2021-12-02"]).to_serializable_subset()
    planned = AssetCheckEvaluationPlanned(
        asset_key=dg.AssetKey(["vendor", "books"]), check_name="known_authors", partitions_subset=days
    )
    kind = dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED.value
    instance.report_dagster_event(dg.DagsterEvent(kind, "job", event_specific_data=planned), run_id=str(uuid.uuid4()))
    assert [one.key for one in failed_checks(view(instance))] == ["check:vendor/books:known_authors"]


def test_a_check_under_way_keeps_its_last_verdict(instance):
    @dg.asset(check_specs=[dg.AssetCheckSpec("fine", asset="table")])
    def table(context):
        seen.append([one.key for one in failed_checks(view(context.instance))])
        return dg.MaterializeResult(check_results=[dg.AssetCheckResult(check_name="fine", passed=len(seen) > 1)])

    seen: list[list[str]] = []
    for _ in range(2):
        dg.materialize([table], instance=instance)
    assert seen == [[], ["check:table:fine"]]
    assert failed_checks(view(instance)) == []


def test_a_sample_is_shown_and_shortened(instance):
    judged(instance, metadata={"some": dg.MetadataValue.md("| row |\n" + "x" * 5000)})
    (found,) = failed_checks(view(instance))
    assert "| row |" in found.body
    assert len(found.body) < 1200


def test_groups_and_owners_are_those_of_the_graph(instance):
    judged(instance, partition="2021-12-02")
    graph = Graph({"raw/books": (("raw", "vendor"), ("team:content",))}, frozenset({"raw/books:readable"}), time.time())
    (known,), (unknown,) = failed_checks(view(instance, graph)), failed_checks(view(instance))
    assert (known.groups, known.owners) == (("raw", "vendor"), ("team:content",))
    assert (unknown.groups, unknown.owners) == (("raw",), ())


def test_a_check_that_is_gone_from_the_code_is_no_problem(instance):
    judged(instance)
    assert failed_checks(view(instance, Graph({}, frozenset(), time.time() + 9))) == []
    assert failed_checks(view(instance, Graph({}, frozenset(), time.time() - 9))), "newer than the graph that is known"


@pytest.fixture
def wrong():
    """Names of assets that fail now."""
    return {"second"}


@pytest.fixture
def assets(wrong):
    def build(name, **more):
        @dg.asset(name=name, partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run(), **more)
        def one() -> None:
            if name in wrong:
                try:
                    raise ValueError("the disk is full")
                except ValueError as error:
                    raise RuntimeError("wrapped") from error

        return one

    return [build("first"), build("second", deps=["first"]), build("third", deps=["second"])]


def materialize(instance, assets, *names, tags=RANGE):
    job = dg.Definitions(assets=assets, executor=dg.in_process_executor).resolve_implicit_global_asset_job_def()
    chosen = {dg.AssetKey(name) for name in names or ("first", "second", "third")}
    return (
        job.get_subset(asset_selection=chosen)
        .execute_in_process(instance=instance, tags=tags, raise_on_error=False)
        .run_id
    )


def test_a_failed_run_is_a_problem_until_what_it_left_undone_is_done(instance, assets, wrong):
    run_id = materialize(instance, assets)
    (found,) = failed_runs(view(instance))
    assert found.key == f"run:{run_id}"
    assert found.title == "a run of first, second, third (2021-12-01 to 2021-12-03) failed"
    assert "second: ValueError: the disk is full" in found.body
    assert found.link.endswith(f"/runs/{run_id}")
    assert set(found.groups) == {"first", "second", "third"}
    wrong.clear()
    materialize(instance, assets, "second")
    assert failed_runs(view(instance)), "third is still undone"
    materialize(instance, assets, "third", tags={"dagster/partition": "2021-12-01"})
    assert failed_runs(view(instance)), "two days of third are still undone"
    materialize(instance, assets, "third")
    assert failed_runs(view(instance)) == []


def test_a_failed_run_of_a_day_is_made_good_by_that_day_only(instance, assets, wrong):
    days = [{"dagster/partition": f"2021-12-0{number}"} for number in (1, 2)]
    materialize(instance, assets, "second", tags=days[0])
    wrong.clear()
    materialize(instance, assets, tags=days[1])
    assert [one.title for one in failed_runs(view(instance))] == ["a run of second (2021-12-01) failed"]
    materialize(instance, assets, tags=days[0])
    assert failed_runs(view(instance)) == []


def test_a_run_whose_process_died_says_so(instance):
    run = create_run_for_test(instance, job_name="some_job", status=dg.DagsterRunStatus.STARTED)
    instance.report_run_failed(run, "The process of this run ended.")
    (found,) = failed_runs(view(instance))
    assert found.title == "a run of some_job failed"
    assert found.body.startswith("The process of this run ended.")


def test_a_failed_retry_is_the_same_problem_and_one_that_succeeds_ends_it(instance, assets, wrong):
    root = materialize(instance, assets)
    family = RANGE | {"dagster/root_run_id": root, "dagster/parent_run_id": root}
    materialize(instance, assets, tags=family)
    assert [one.key for one in failed_runs(view(instance))] == [f"run:{root}"]
    create_run_for_test(instance, tags=family, status=dg.DagsterRunStatus.NOT_STARTED)
    assert failed_runs(view(instance)) == []


def test_a_run_that_dagster_will_retry_is_no_problem_yet(instance, assets):
    materialize(instance, assets, tags=RANGE | {"dagster/will_retry": "true"})
    assert failed_runs(view(instance)) == []
    assert failed_runs(view(instance, later=300)), "it never came"


def test_a_failed_run_is_forgotten_after_a_week(instance, assets):
    materialize(instance, assets)
    assert failed_runs(view(instance, later=8 * 86400)) == []


def test_a_blocking_check_speaks_for_itself(instance):
    @dg.asset(check_specs=[dg.AssetCheckSpec("fine", asset="table", blocking=True)])
    def table():
        return dg.MaterializeResult(check_results=[dg.AssetCheckResult(check_name="fine", passed=False)])

    @dg.asset(deps=[table])
    def after():
        pass

    assert not dg.materialize([table, after], instance=instance, raise_on_error=False).success
    assert failed_runs(view(instance)) == []
    assert [one.key for one in failed_checks(view(instance))] == ["check:table:fine"]


def test_a_failed_job_is_a_problem_until_it_succeeds(instance):
    @dg.op(config_schema={"works": bool})
    def release(context):
        if not context.op_config["works"]:
            raise dg.Failure("raw/books 2021-12-02 is not held")

    @dg.job
    def approve():
        release()

    def run(works):
        config = {"ops": {"release": {"config": {"works": works}}}}
        approve.execute_in_process(instance=instance, raise_on_error=False, run_config=config)

    run(False)
    (found,) = failed_runs(view(instance))
    assert found.title == "a run of approve failed"
    assert "raw/books 2021-12-02 is not held" in found.body
    run(True)
    assert failed_runs(view(instance)) == []


def test_a_run_that_takes_long_is_a_problem_while_it_does(instance):
    seen = []

    @dg.asset
    def table(context):
        seen.append([len(slow_runs(view(context.instance, later=later))) for later in (0, 500, 700)])

    for _ in range(4):
        assert dg.materialize([table], instance=instance).success
    assert seen == [[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 1]]
    assert slow_runs(view(instance, later=700)) == []
