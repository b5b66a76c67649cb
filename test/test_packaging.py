"""What a user of the package finds after the installation."""

import ast
import importlib
import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / 'constraints.txt'
# Rooms that may import ROS, see the floors in pyproject.toml.
ROS_ROOMS = {'vlm_nav.ros'}


def setup_value(name: str) -> Any:
    """Return a literal of setup.py: a constant, or an argument of the call of setup()."""
    for node in ast.walk(ast.parse((ROOT / 'setup.py').read_text())):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
        if isinstance(node, ast.keyword) and node.arg == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f'setup.py has no {name}')


def package_xml_version(folder: Path) -> str | None:
    """Return the version that a package.xml names."""
    return ElementTree.parse(folder / 'package.xml').getroot().findtext('version')


def console_scripts() -> list[Any]:
    """Return each console script as a test case, those of nodes marked as in need of ROS."""
    return [
        pytest.param(
            *re.split(r'\s*=\s*|:', script),
            marks=[pytest.mark.ros] if 'vlm_nav.ros' in script else [],
            id=script.split()[0],
        )
        for script in setup_value('CONSOLE_SCRIPTS')
    ]


def canonical(name: str) -> str:
    """Return a distribution's name as package indexes compare it."""
    return re.sub(r'[-_.]+', '-', name).lower()


def pinned_versions() -> dict[str, set[str]]:
    """Return the versions that the constraints file allows of each distribution."""
    pins: dict[str, set[str]] = {}
    for line in CONSTRAINTS.read_text().splitlines():
        if line and not line.startswith('#'):
            name, version = line.partition(';')[0].strip().split('==')
            pins.setdefault(name, set()).add(version)
    return pins


def own_environment() -> Path:
    """Return the environment of scripts/setup that runs this test."""
    prefix = Path(sys.prefix)
    if prefix.parent != ROOT:
        pytest.skip(f'{prefix} was not made by scripts/setup of this checkout')
    return prefix


def run_setup(environment: Path) -> str:
    """Run scripts/setup for the distribution of an environment and return what it said."""
    distro = environment.name.removeprefix('.venv').removeprefix('-') or 'jazzy'
    command = [str(ROOT / 'scripts' / 'setup'), '--distro', distro]
    return subprocess.run(command, cwd='/', check=True, capture_output=True, text=True).stdout


def test_all_files_that_name_the_version_name_the_same() -> None:
    version = setup_value('version')
    assert package_xml_version(ROOT) == version
    assert package_xml_version(ROOT / 'interfaces' / 'vlm_nav_msgs') == version


def test_the_name_is_the_same_in_all_files() -> None:
    assert setup_value('PACKAGE') == 'vlm_nav'
    assert ElementTree.parse(ROOT / 'package.xml').getroot().findtext('name') == 'vlm_nav'
    assert (ROOT / 'resource' / 'vlm_nav').is_file()


@pytest.mark.parametrize(('name', 'module', 'function'), console_scripts())
def test_a_console_script_names_a_function_that_exists(
    name: str, module: str, function: str
) -> None:
    assert callable(getattr(importlib.import_module(module), function)), name


def test_extras_exist_for_each_use() -> None:
    extras = set(importlib.metadata.metadata('vlm_nav').get_all('Provides-Extra') or [])
    assert extras == {'arm', 'bags', 'bench', 'dev', 'imagine', 'sim', 'test', 'train'}


def test_every_dependency_that_the_setup_installs_is_pinned() -> None:
    requirements = importlib.metadata.requires('vlm_nav') or []
    wanted = {re.split(r'[^\w.-]', requirement)[0] for requirement in requirements}
    assert {canonical(name) for name in wanted} - set(pinned_versions()) == set()


def test_every_library_has_a_lowest_version_that_exists_as_it_is_written() -> None:
    requirements = setup_value('install_requires')
    assert requirements
    for requirement in requirements:
        # A whole version, and no upper bound: scripts/test --lowest installs exactly this one.
        assert re.fullmatch(r'[\w-]+>=\d+\.\d+(\.\d+)*', requirement), requirement


def test_no_room_is_left_out_of_the_rule_that_only_the_ros_room_knows_ros() -> None:
    text = (ROOT / 'pyproject.toml').read_text()
    contract = text.partition("name = 'Only the ros room knows ROS'")[2]
    listed = set(re.findall(r"'(vlm_nav\.\w+)'", contract.partition('forbidden_modules')[0]))
    modules = {f'vlm_nav.{p.stem}' for p in (ROOT / 'vlm_nav').glob('*.py')}
    rooms = {f'vlm_nav.{p.parent.name}' for p in (ROOT / 'vlm_nav').glob('*/__init__.py')}
    assert listed == (modules | rooms) - ROS_ROOMS - {'vlm_nav.__init__'}


@pytest.mark.ros
def test_every_installed_version_is_the_pinned_one() -> None:
    own_environment()
    pins = pinned_versions()
    wrong = {}
    for distribution in importlib.metadata.distributions():
        name = canonical(distribution.metadata['Name'])
        by_pip = (distribution.read_text('INSTALLER') or '').strip() == 'pip'
        # A ROS wheel is pinned through the meta package of its distribution.
        meta = re.sub('^ros-', f'ros-{os.environ["ROS_DISTRO"]}-', name)
        allowed = pins.get(name) or pins.get(meta, set())
        if by_pip and name not in {'pip', 'vlm-nav'} and distribution.version not in allowed:
            wrong[name] = distribution.version
    assert wrong == {}


@pytest.mark.ros
def test_ros_finds_the_share_and_its_folders_are_the_checkouts_own() -> None:
    from ament_index_python.packages import get_package_share_directory

    environment = own_environment()
    share = Path(get_package_share_directory('vlm_nav'))
    assert share == environment / 'share' / 'vlm_nav'
    for name in ('config', 'launch', 'rviz', 'package.xml'):
        assert (share / name).resolve(strict=True) == ROOT / name


@pytest.mark.ros
def test_ros_finds_every_executable() -> None:
    environment = own_environment()
    for script in setup_value('CONSOLE_SCRIPTS'):
        name = script.split()[0]
        for folder in (environment / 'lib' / 'vlm_nav', environment / 'bin'):
            assert os.access(folder / name, os.X_OK), folder / name


@pytest.mark.ros
def test_ros_variables_need_not_be_set_by_hand() -> None:
    environment = own_environment()
    bare = {'PATH': os.environ['PATH'], 'HOME': os.environ.get('HOME', '/')}
    code = (
        'import os, pathlib;'
        'print(os.environ["AMENT_PREFIX_PATH"], os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"]);'
        '[print(pathlib.Path(v).resolve()) for n, v in os.environ.items() if "PROFILES" in n]'
    )
    command = [str(environment / 'bin' / 'python'), '-c', code]
    said = subprocess.check_output(command, env=bare, text=True).splitlines()
    assert said == [f'{environment} LOCALHOST', str(ROOT / 'config' / 'fastdds_shm.xml')]


@pytest.mark.ros
def test_a_second_setup_changes_nothing() -> None:
    environment = own_environment()
    run_setup(environment)
    stamps = sorted(environment.glob('var/vlm_nav/*.stamp'))
    before = [stamp.stat().st_mtime_ns for stamp in stamps]
    said = run_setup(environment)
    assert stamps
    assert [stamp.stat().st_mtime_ns for stamp in stamps] == before
    assert len(said.splitlines()) == 1
