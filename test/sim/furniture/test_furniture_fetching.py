"""The catalogue is fetched whole or not at all, within a deadline, whatever apt does."""

import shutil
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

from vlm_nav.sim.furniture.furniture_fetching import FetchError, fetch_catalogue

NOWHERE = Path('/nowhere/at/all')
needs_dpkg = pytest.mark.skipif(shutil.which('dpkg-deb') is None, reason='there is no dpkg-deb')


def stand_in_for_apt(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put an apt-get before the real one that runs a script in the folder of the download."""
    tools = folder / 'tools'
    tools.mkdir()
    (tools / 'apt-get').write_text(f'#!/bin/sh\n{script}\n')
    (tools / 'apt-get').chmod(0o755)
    monkeypatch.setenv('PATH', f'{tools}:/usr/bin:/bin')


def package_of(folder: Path, files: dict[str, bytes]) -> Path:
    """Return a Debian package with some files in it."""
    root = folder / 'root'
    (root / 'DEBIAN').mkdir(parents=True)
    (root / 'DEBIAN' / 'control').write_text(
        'Package: sweethome3d-furniture\nVersion: 1\nArchitecture: all\n'
        'Maintainer: Some Body <some@body.example>\nDescription: test\n'
    )
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    package = folder / 'furniture_1_all.deb'
    command = ['dpkg-deb', '--build', '-Znone', str(root), str(package)]
    subprocess.run(command, check=True, capture_output=True)
    return package


def left_in(folder: Path) -> list[str]:
    """Return what is in a folder but for the lock."""
    return sorted(file.name for file in folder.iterdir() if file.name != '.fetching')


@needs_dpkg
def test_the_catalogue_is_taken_out_of_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = 'usr/share/sweethome3d/furniture/BlendSwap-CC-0.sh3f'
    package = package_of(tmp_path, {inside: b'the catalogue', 'usr/share/doc/x': b'other'})
    stand_in_for_apt(tmp_path, monkeypatch, f'cp {package} .')
    cache = tmp_path / 'cache'
    fetch_catalogue(cache / 'c.sh3f', 20.0, NOWHERE)
    assert (cache / 'c.sh3f').read_bytes() == b'the catalogue'
    assert left_in(cache) == ['c.sh3f']


@needs_dpkg
def test_a_package_without_the_catalogue_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = package_of(tmp_path, {'usr/share/doc/x': b'other'})
    stand_in_for_apt(tmp_path, monkeypatch, f'cp {package} .')
    with pytest.raises(FetchError, match='holds no BlendSwap-CC-0'):
        fetch_catalogue(tmp_path / 'cache' / 'c.sh3f', 20.0, NOWHERE)
    assert left_in(tmp_path / 'cache') == []


@needs_dpkg
def test_a_package_that_is_cut_off_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = 'usr/share/sweethome3d/furniture/BlendSwap-CC-0.sh3f'
    package = package_of(tmp_path, {inside: b'x' * 200_000})
    stand_in_for_apt(tmp_path, monkeypatch, f'head -c 90000 {package} > cut.deb')
    with pytest.raises(FetchError):
        fetch_catalogue(tmp_path / 'cache' / 'c.sh3f', 20.0, NOWHERE)
    assert left_in(tmp_path / 'cache') == []


@needs_dpkg
@pytest.mark.parametrize(
    ('script', 'why'),
    [
        ('echo no network >&2; exit 100', 'ended with 100: no network'),
        ('exit 0', 'brought no package'),
        ('head -c 5000 /dev/zero > half.deb; exit 1', 'ended with 1'),
    ],
)
def test_a_download_that_fails_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, why: str
) -> None:
    stand_in_for_apt(tmp_path, monkeypatch, script)
    with pytest.raises(FetchError, match=why):
        fetch_catalogue(tmp_path / 'cache' / 'c.sh3f', 20.0, NOWHERE)
    assert left_in(tmp_path / 'cache') == []


@needs_dpkg
def test_a_download_that_hangs_is_ended_at_the_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_for_apt(tmp_path, monkeypatch, 'head -c 5000 /dev/zero > half.deb; sleep 600')
    began = time.monotonic()
    with pytest.raises(FetchError, match='longer than 1 s'):
        fetch_catalogue(tmp_path / 'cache' / 'c.sh3f', 1.0, NOWHERE)
    assert time.monotonic() - began < 20.0
    assert left_in(tmp_path / 'cache') == []


def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / 'c.sh3f', 'w') as archive:
        archive.writestr('model', 'fetched before')
    before = (tmp_path / 'c.sh3f').read_bytes()
    fetch_catalogue(tmp_path / 'c.sh3f', 0.0, NOWHERE)
    assert (tmp_path / 'c.sh3f').read_bytes() == before


def test_what_is_there_and_is_no_archive_is_fetched_again(tmp_path: Path) -> None:
    (tmp_path / 'c.sh3f').write_bytes(b'spoilt')
    (tmp_path / 'installed').write_bytes(b'installed')
    fetch_catalogue(tmp_path / 'c.sh3f', 5.0, tmp_path / 'installed')
    assert (tmp_path / 'c.sh3f').read_bytes() == b'installed'


def test_an_installed_catalogue_is_copied(tmp_path: Path) -> None:
    (tmp_path / 'installed').write_bytes(b'installed')
    fetch_catalogue(tmp_path / 'cache' / 'c.sh3f', 5.0, tmp_path / 'installed')
    assert (tmp_path / 'cache' / 'c.sh3f').read_bytes() == b'installed'


def test_without_apt_there_is_a_word_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(FetchError, match='there is no apt-get'):
        fetch_catalogue(tmp_path / 'cache' / 'c.sh3f', 5.0, NOWHERE)


def test_what_a_killed_fetch_left_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'cache' / '.unfinished-before').mkdir(parents=True)
    (tmp_path / 'cache' / '.unfinished-before' / 'half.deb').write_bytes(b'half')
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(FetchError):
        fetch_catalogue(tmp_path / 'cache' / 'c.sh3f', 5.0, NOWHERE)
    assert left_in(tmp_path / 'cache') == []


def test_a_cache_that_cannot_be_written_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / 'cache').write_text('a file where a folder should be')
    with pytest.raises(FetchError):
        fetch_catalogue(tmp_path / 'cache' / 'c.sh3f', 5.0, NOWHERE)
