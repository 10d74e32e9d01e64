"""The files that start a cluster fit together; that its parts start and work is tested by `engines`."""

import re

import yaml

from songify_assets_tests.house.tree import ROOT

DEPLOY = ROOT / "deploy" / "spark"
PARTS = re.findall(r"^(\w+)\)", (DEPLOY / "start.sh").read_text(), re.MULTILINE)


def test_containers_are_parts_that_can_be_started_and_a_load_on_spark():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert sorted(PARTS) == ["connect", "master", "worker"]
    assert services["master"]["command"][0] in PARTS
    assert services["worker"]["command"][:2] == ["worker", services["load"]["environment"]["SONGIFY_SPARK_MASTER"]]
    assert services["load"]["environment"]["SONGIFY_ENGINE"] == "spark"
    build = services["load"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).exists()
    home = "${SONGIFY_HOME}"
    assert all(one["volumes"][0].endswith(":" + home) for one in services.values()), "all see it under the same path"


def test_what_the_image_is_made_of_exists():
    copied = re.findall(r"^COPY (.+) \S+$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    assert [name for line in copied for name in line.split() if not (ROOT / name).exists()] == []


def test_nobody_hands_in_work_over_http():
    settings = dict(
        re.findall(r"^(spark\S+) +(\S+)$", (DEPLOY / "conf" / "spark-defaults.conf").read_text(), re.MULTILINE)
    )
    assert settings["spark.master.rest.enabled"] == "false"
    assert settings["spark.executor.memory"] == "1g"
