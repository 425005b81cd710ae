"""The Ray engine on a real cluster of two nodes: the same bytes as here, whatever is killed meanwhile."""

import json
import os
import shutil
import signal
from pathlib import Path

import pytest
from dataset import LIBRARY, TRAVEL, files, magnetc
from hosted import hosted
from running import teacher

pytestmark = pytest.mark.ray
PATHS = 220


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("MAGNETC_CACHE", str(tmp_path_factory.mktemp("cache")))   # of the nodes
        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        made.add_node(num_cpus=1)
        made.wait_for_nodes()
        patch.setenv("RAY_ADDRESS", made.address)
        yield made
        ray.shutdown()
        made.shutdown()


@pytest.fixture
def recipe(own_home, tmp_path, monkeypatch):
    monkeypatch.delenv("MAGNETC_NO_CACHE")
    return shutil.copytree(LIBRARY, tmp_path / "recipe", ignore=shutil.ignore_patterns("out*", ".magnetc"))


def build(recipe, out, *options, paths=PATHS):
    result = magnetc("build", recipe, "--trust", "-o", out, "--json", "--paths", paths, *options)
    assert result.exit_code == 0, result.output
    return result


def makers():
    """The processes of the actors, by id."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cmdline").read_bytes().startswith(b"ray::_Maker"):
                found.append(int(entry.name))
        except OSError:
            continue
    return sorted(found)


def test_two_nodes_make_what_one_machine_makes(cluster, recipe, tmp_path):
    build(recipe, tmp_path / "here", "--no-cache")
    by_ray = build(recipe, tmp_path / "ray", "--engine", "ray")
    assert "made by an earlier build" not in by_ray.stderr
    assert files(tmp_path / "ray") == files(tmp_path / "here")
    more = build(recipe, tmp_path / "more", "--engine", "ray", paths=PATHS + 30)
    assert f"{PATHS} units were made by an earlier build" in more.stderr
    build(recipe, tmp_path / "anew", "--no-cache", paths=PATHS + 30)
    assert files(tmp_path / "more") == files(tmp_path / "anew")


def test_a_maker_that_is_killed_costs_nothing(cluster, recipe, tmp_path):
    import asyncio

    from magnetc.build.driver import build as build_recipe
    from magnetc.build.options import BuildOptions
    from magnetc.diagnostics import Sink

    done, killed = 0, []

    def kill(_):
        nonlocal done
        done += 1
        if done == 60:   # others are at later batches
            killed.extend(makers())
            os.kill(killed[0], signal.SIGKILL)

    options = BuildOptions(folder=recipe, out=tmp_path / "disturbed", paths=PATHS, trust=True, engine="ray", announce=str, progress=kill)
    assert asyncio.run(build_recipe(options, Sink())) is not None
    assert len(killed) == 2
    build(recipe, tmp_path / "here", "--no-cache")
    assert files(tmp_path / "disturbed") == files(tmp_path / "here")


def test_what_nodes_pay_for_is_in_the_journal(cluster, own_home, tmp_path):
    paths = 60
    build(TRAVEL, tmp_path / "offline", paths=paths)
    with teacher(rows=tmp_path / "offline" / "sft") as server:
        recipe = hosted(tmp_path / "travel", server.url, concurrency=8)
        paid = json.loads(build(recipe, tmp_path / "ray", "--engine", "ray", paths=paths).stdout)["teacher"]
        asked = server.stats()["requests"]
        listed = json.loads(magnetc("journal", "list", recipe, "--json").stdout)
        assert sum(each["replies"] for each in listed) == asked
        assert sum(each["endpoint"] for each in paid.values()) == asked
        build(recipe, tmp_path / "here", paths=paths)
        assert server.stats()["requests"] == asked
    assert files(tmp_path / "ray") == files(tmp_path / "here")


def test_a_cluster_that_is_not_there(recipe, monkeypatch):
    import ray

    ray.shutdown()
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    result = magnetc("build", recipe, "--trust", "--paths", 4, "--engine", "ray")
    assert result.exit_code == 1
    assert "MG516" in result.output
