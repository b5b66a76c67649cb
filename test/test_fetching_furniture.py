"""scripts/setup fetches furniture beside its other work: what fails there fails nothing else."""

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / 'scripts' / '_furniture.py'

pytestmark = pytest.mark.skipif(
    shutil.which('dpkg-deb') is None or Path('/usr/share/sweethome3d').exists(),
    reason='there is no dpkg-deb, or the furniture is installed',
)


@pytest.fixture
def furniture() -> ModuleType:
    """Return the module of the script."""
    specification = importlib.util.spec_from_file_location('_furniture', SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an empty cache."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    monkeypatch.delenv('VLM_NAV_FURNITURE', raising=False)
    return tmp_path / 'cache' / 'vlm_nav'


def apt_that(does: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put an apt-get before the real one."""
    tools = folder / 'tools'
    tools.mkdir()
    (tools / 'apt-get').write_text(f'#!/bin/sh\n{does}\n')
    (tools / 'apt-get').chmod(0o755)
    monkeypatch.setenv('PATH', f'{tools}{os.pathsep}{os.environ["PATH"]}')


def left_in(cache: Path) -> list[str]:
    """Return what is in the cache but for the lock."""
    return sorted(file.name for file in cache.iterdir() if file.name != '.fetching')


def test_without_a_network_there_is_a_notice_and_nothing_else(
    furniture: ModuleType, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apt_that('echo Could not resolve deb.debian.org >&2; exit 100', tmp_path, monkeypatch)
    said: list[str] = []
    assert not furniture.is_there()
    furniture.make(furniture.start(), Path(sys.executable), said.append)
    (notice,) = said
    assert 'Could not resolve deb.debian.org' in notice
    assert 'scripts/setup --furniture tries again' in notice
    assert left_in(cache) == []


def test_an_interrupted_download_leaves_nothing_and_nothing_runs_on(
    furniture: ModuleType, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apt_that('echo $$ > half.deb; exec sleep 300', tmp_path, monkeypatch)
    fetching = furniture.start()
    until = time.monotonic() + 30.0
    begun: list[Path] = []
    while time.monotonic() < until and not (begun and begun[0].read_text().strip()):
        begun = list(cache.glob('.unfinished-*/half.deb'))
        time.sleep(0.02)
    number = int(begun[0].read_text())
    furniture.stop(fetching)
    assert left_in(cache) == []
    assert subprocess.run(['kill', '-0', str(number)], check=False, capture_output=True).returncode


def test_furniture_that_is_there_is_known(furniture: ModuleType, cache: Path) -> None:
    folder = cache / furniture.made_with()
    folder.mkdir(parents=True)
    assert not furniture.is_there()
    (folder / 'couch.npz').write_bytes(b'a model')
    assert furniture.is_there()
