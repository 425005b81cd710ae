"""Environments: pins, one build for one list, and what is said when it fails."""

import os
import subprocess
import threading

import pytest

from magnetc.diagnostics import MagnetError
from magnetc.tools.environments import cache_directory, ensure_environment


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MAGNETC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def error_of(*packages):
    with pytest.raises(MagnetError) as caught:
        ensure_environment(packages, lambda _: None)
    return caught.value.diagnostics


@pytest.mark.parametrize("package", ["iniconfig", "iniconfig>=2", "iniconfig==2.*", "--index-url=x", "-e .", "a==1 b==2",
                                     "a @ https://example.org/a.whl", "a===1", ""])
def test_packages_without_an_exact_version_are_refused(package, cache):
    good = "iniconfig==2.0.0"
    (diagnostic,) = error_of(good, package)
    assert diagnostic.code == "MG605"
    assert f"`{package}`" in diagnostic.message
    assert not cache.exists()


def test_the_cache_directory_follows_the_environment(monkeypatch, tmp_path):
    assert cache_directory() == tmp_path / "cache"
    monkeypatch.delenv("MAGNETC_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_directory() == tmp_path / "xdg" / "magnetc"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_directory() == tmp_path / "home" / ".cache" / "magnetc"


def test_a_cache_that_cannot_be_written(cache):
    cache.write_text("a file, not a folder")
    (diagnostic,) = error_of("iniconfig==2.0.0")
    assert diagnostic.code == "MG604"
    assert diagnostic.help


@pytest.mark.network
@pytest.mark.skipif("MAGNETC_OFFLINE" in os.environ, reason="MAGNETC_OFFLINE is set")
def test_an_environment_is_made_once_even_by_two_at_once(cache):
    said, pythons = [], []
    packages = ("iniconfig==2.0.0",)
    threads = [threading.Thread(target=lambda: pythons.append(ensure_environment(packages, said.append)))
               for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pythons) == 2
    assert len(set(pythons)) == 1
    assert sorted(text.split()[0] for text in said) == ["making", "waiting"]
    program = "import iniconfig, sys; print(iniconfig.__name__, 'click' in sys.modules, sys.prefix)"
    shown = subprocess.run([pythons[0], "-I", "-c", program], capture_output=True, text=True, check=True).stdout
    assert shown.split() == ["iniconfig", "False", str(pythons[0].parents[1])]
    said.clear()
    assert ensure_environment(packages, said.append) == pythons[0]
    assert said == []
    (pythons[0].parents[1] / "magnetc-packages.txt").unlink()  # as if its making had been cut short
    ensure_environment(packages, said.append)
    assert len(said) == 1


@pytest.mark.network
@pytest.mark.skipif("MAGNETC_OFFLINE" in os.environ, reason="MAGNETC_OFFLINE is set")
def test_a_version_that_does_not_exist(cache):
    (diagnostic,) = error_of("iniconfig==0.0.0.999")
    assert diagnostic.code == "MG604"
    assert any("0.0.0.999" in note for note in diagnostic.notes)
    assert not [path for path in (cache / "environments").iterdir() if path.is_dir()]
