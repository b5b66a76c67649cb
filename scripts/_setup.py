"""Makes the virtual environment of scripts/setup; needs the standard library alone.

Each step leaves a stamp with a digest of what it was made from, and runs again when that changes.
A stamp is written after its step has ended well, so an interrupted run is taken up by the next.
"""

from __future__ import annotations

import argparse
import configparser
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import _furniture

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / 'constraints.txt'
ENVIRONMENT_HOOK = ROOT / 'scripts' / '_venv_environment.py'
PACKAGE = 'vlm_nav'
DISTROS = ('jazzy', 'kilted')
# What the interface packages are built with, beside the ROS 2 wheels.
BUILD_TOOLS = ('catkin_pkg', 'cmake', 'ninja', 'numpy', 'setuptools', 'wheel')
SHARED_FOLDERS = ('config', 'launch', 'rviz')
LOG_TAIL_LINES = 40
FURNITURE = 'furniture'

# The wheels' cmake exports name the include folders of the machine that built them.
PATCH_INCLUDES = r"""
import pathlib, re, sys, sysconfig, numpy
python_include = sysconfig.get_path('include')
for file in pathlib.Path(sys.prefix, 'share').glob('*/cmake/*.cmake'):
    old = file.read_text()
    new = re.sub(r'/opt/python/[^;"]*/numpy/_?core/include', lambda _: numpy.get_include(), old)
    new = re.sub(r'/opt/python/[^;"/]*/include/python3\.\d+', lambda _: python_include, new)
    if new != old:
        file.write_text(new)
"""


class SetupError(Exception):
    """A step failed; the message says which and where its output is."""


@dataclass(frozen=True)
class Target:
    """The virtual environment of one distribution."""

    distro: str

    @property
    def venv(self) -> Path:
        """Return the folder of the environment."""
        return ROOT / ('.venv' if self.distro == DISTROS[0] else f'.venv-{self.distro}')

    @property
    def python(self) -> Path:
        """Return the interpreter inside the environment."""
        return self.venv / 'bin' / 'python'

    @property
    def state(self) -> Path:
        """Return the folder of the stamps and logs."""
        return self.venv / 'var' / PACKAGE

    def stamp(self, step: str) -> Path:
        """Return the file that says what a step was made from."""
        return self.state / f'{step}.stamp'

    def has_done(self, step: str, key: str) -> bool:
        """Tell whether a step already ended well with the same inputs."""
        stamp = self.stamp(step)
        return stamp.is_file() and stamp.read_text() == key

    def mark_done(self, step: str, key: str) -> None:
        """Write the stamp of a step, whole or not at all."""
        self.state.mkdir(parents=True, exist_ok=True)
        unfinished = self.stamp(step).with_suffix('.new')
        unfinished.write_text(key)
        unfinished.replace(self.stamp(step))


@dataclass(frozen=True)
class Step:
    """One thing to do, and the digest of everything that decides its outcome."""

    name: str
    title: str
    key: str
    run: Callable[[Target], None]


def digest(*parts: str | Path) -> str:
    """Return a digest of texts and of files or folders with their contents."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            total.update(f'{part}\0'.encode())
            continue
        for file in files_below(part):
            total.update(f'{file.relative_to(ROOT)}\0'.encode())
            total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def files_below(path: Path) -> list[Path]:
    """Return the file itself, or all files of a folder in a stable order."""
    return [path] if path.is_file() else sorted(f for f in path.rglob('*') if f.is_file())


def base_python(target: Target) -> tuple[str, str]:
    """Return the interpreter to build on and its version: an environment keeps its own."""
    interpreter = str(target.python)
    if os.environ.get('VLM_NAV_PYTHON') or not target.python.exists():
        interpreter = sys.executable
    tell = (
        'import os, sys; '
        'print(os.path.realpath(sys._base_executable)); print(*sys.version_info[:3], sep=".")'
    )
    # -S: no .pth file of the environment is run, so a half-made one answers too.
    said = subprocess.check_output([interpreter, '-I', '-S', '-c', tell], text=True)
    executable, version = said.splitlines()
    return executable, version


def clean_environment(target: Target) -> dict[str, str]:
    """Return the variables for a tool of the environment."""
    return {
        **os.environ,
        'PATH': f'{target.venv / "bin"}{os.pathsep}{os.environ["PATH"]}',
        'AMENT_PREFIX_PATH': str(target.venv),
        'CMAKE_PREFIX_PATH': str(target.venv),
        'PIP_DISABLE_PIP_VERSION_CHECK': '1',
        # What is installed is patched here, and must not be one file with what uv keeps.
        'UV_LINK_MODE': 'copy',
    }


def run_logged(
    target: Target,
    log_name: str,
    commands: Iterable[list[str]],
    cwd: Path,
    variables: Mapping[str, str] | None = None,
) -> None:
    """Run commands one after the other; on failure show the end of their output.

    `variables` are set for them beside those of the environment.
    """
    log = target.state / f'{log_name}.log'
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open('w') as output:
        for command in commands:
            ended = subprocess.run(
                command,
                cwd=cwd,
                env={**clean_environment(target), **(variables or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                close_fds=False,
                check=False,
            )
            if ended.returncode:
                tail = '\n'.join(log.read_text(errors='replace').splitlines()[-LOG_TAIL_LINES:])
                raise SetupError(
                    f'{log_name}: {Path(command[0]).name} ended with {ended.returncode};'
                    f' whole output in {log}, its end:\n{tail}'
                )


def pip(target: Target, *arguments: str) -> list[str]:
    """Return the command of the environment's pip."""
    return [str(target.python), '-m', 'pip', '--no-input', *arguments]


def configured_index(target: Target) -> dict[str, str]:
    """Return uv's variable for the package index that pip is configured for, if it is.

    No option: a command line, and a password in it, is read by whoever lists the processes.
    """
    said = subprocess.check_output(pip(target, 'config', 'list'), text=True)
    for line in said.splitlines():
        name, _, value = line.partition('=')
        if name.endswith('.index-url'):
            return {'UV_DEFAULT_INDEX': value.strip("'")}
    return {}


def install(target: Target, log_name: str, *what: str) -> None:
    """Install with uv, in a fifth of pip's time, or with pip where uv fails."""
    index = configured_index(target)
    options = ('install', '--quiet', '-c', str(CONSTRAINTS))
    uv = [str(target.venv / 'bin' / 'uv'), 'pip', *options, '--python', str(target.python)]
    try:
        commands = [pip(target, *options, 'uv'), [*uv, *what]]
        run_logged(target, log_name, commands, cwd=ROOT, variables=index)
    except (SetupError, OSError):
        run_logged(target, log_name, [pip(target, *options, '--use-pep517', *what)], cwd=ROOT)


def ros_packages(distro: str) -> list[str]:
    """Return the meta packages of a distribution that the constraints file pins."""
    names = (line.split('==')[0].strip() for line in CONSTRAINTS.read_text().splitlines())
    found = [name for name in names if name.startswith(f'ros-{distro}-')]
    if not found:
        raise SetupError(f'{CONSTRAINTS} pins no ros-{distro}-* package')
    return found


def make_venv(target: Target, interpreter: str) -> None:
    """Make an empty environment in the place of whatever is there."""
    if target.venv.exists():
        shutil.rmtree(target.venv)
    command = [interpreter, '-I', '-m', 'venv', str(target.venv)]
    if subprocess.run(command, check=False).returncode:
        raise SetupError(f'{interpreter} could not make a virtual environment in {target.venv}')


def install_wheels(target: Target) -> None:
    """Install the ROS 2 wheels and the build tools."""
    install(target, 'wheels', *BUILD_TOOLS, *ros_packages(target.distro))
    patch = [str(target.python), '-c', PATCH_INCLUDES]
    run_logged(target, 'patch', [patch], cwd=ROOT)


def build_interfaces(target: Target) -> None:
    """Build every interface package into the environment, all at once."""
    folders = [file.parent for file in sorted((ROOT / 'interfaces').rglob('package.xml'))]
    with ThreadPoolExecutor(len(folders)) as pool:
        for built in [pool.submit(build_interface, target, folder) for folder in folders]:
            built.result()


def build_interface(target: Target, folder: Path) -> None:
    """Build and install one interface package."""
    with tempfile.TemporaryDirectory(prefix='vlm_nav_') as build:
        configure = [
            'cmake', '-G', 'Ninja', '-S', str(folder), '-B', build,
            '-DCMAKE_BUILD_TYPE=Release', '-DBUILD_TESTING=OFF',
            f'-DCMAKE_INSTALL_PREFIX={target.venv}', f'-DPython3_EXECUTABLE={target.python}',
        ]  # fmt: skip
        install = ['ninja', '-C', build, 'install']
        run_logged(target, folder.name, [configure, install], cwd=Path(build))
        installed = Path(build, 'install_manifest.txt').read_text()
    manifest = target.state / f'{folder.name}.manifest'
    remove_stale(manifest, set(installed.splitlines()))
    manifest.write_text(installed)


def remove_stale(manifest: Path, installed: set[str]) -> None:
    """Remove what an earlier build installed and the present one did not."""
    if manifest.is_file():
        for file in set(manifest.read_text().splitlines()) - installed:
            Path(file).unlink(missing_ok=True)


def install_package(target: Target) -> None:
    """Install this package so that edits count at once, and its ROS look-up entries."""
    editable = ('--no-build-isolation', '-e', '.[arm,dev,imagine,sim,test,train]')
    install(target, 'package', *editable)
    run_logged(target, 'check', [pip(target, 'check')], cwd=ROOT)
    link_share(target)
    link_executables(target)
    install_environment_hook(target)


def link_share(target: Target) -> None:
    """Put the checkout's own folders where ROS looks for a package's share."""
    share = target.venv / 'share'
    for name in (*SHARED_FOLDERS, 'package.xml'):
        link(share / PACKAGE / name, ROOT / name)
    link(
        share / 'ament_index' / 'resource_index' / 'packages' / PACKAGE,
        ROOT / 'resource' / PACKAGE,
    )


def link(place: Path, to: Path) -> None:
    """Make a symbolic link in the place of whatever is there."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    place.symlink_to(to)


def site_packages(target: Target) -> Path:
    """Return the folder of the environment's Python packages."""
    return next(target.venv.glob('lib/python3.*/site-packages'))


def link_executables(target: Target) -> None:
    """Give every console script a place in lib/PACKAGE, where `ros2 run` looks."""
    folder = target.venv / 'lib' / PACKAGE
    shutil.rmtree(folder, ignore_errors=True)
    for name in console_scripts(target):
        link(folder / name, Path('..', '..', 'bin', name))


def console_scripts(target: Target) -> list[str]:
    """Return the names of the console scripts that pip installed."""
    entry_points = configparser.ConfigParser(delimiters='=')
    entry_points.optionxform = str  # type: ignore[assignment,method-assign]
    file = next(site_packages(target).glob(f'{PACKAGE}-*.dist-info/entry_points.txt'))
    entry_points.read(file)
    return list(entry_points['console_scripts'])


def install_environment_hook(target: Target) -> None:
    """Let each process of the environment find the packages without variables set by hand."""
    folder = site_packages(target)
    hook = ENVIRONMENT_HOOK.read_text().replace('@DISTRO@', target.distro)
    (folder / f'{ENVIRONMENT_HOOK.stem}.py').write_text(hook)
    (folder / f'{ENVIRONMENT_HOOK.stem}.pth').write_text(f'import {ENVIRONMENT_HOOK.stem}\n')


def installation_steps(environment: str) -> tuple[Step, list[Step]]:
    """Return the step that comes first, and those that then may run side by side."""
    wheels = digest(environment, Path(__file__).resolve(), CONSTRAINTS)
    interfaces = digest(wheels, ROOT / 'interfaces')
    sources = [ROOT / name for name in ('setup.py', 'setup.cfg', 'package.xml')]
    package = digest(wheels, *sources, ENVIRONMENT_HOOK)
    return Step('wheels', '[2/4] ROS 2 wheels and build tools', wheels, install_wheels), [
        Step('interfaces', '[3/4] interface packages', interfaces, build_interfaces),
        Step('package', f'[4/4] {PACKAGE} and its dependencies', package, install_package),
    ]


def perform(target: Target, step: Step) -> None:
    """Run a step that is not done yet and say so; it has no stamp while it runs."""
    if target.has_done(step.name, step.key):
        return
    began = time.monotonic()
    say(f'{step.title} ...')
    target.stamp(step.name).unlink(missing_ok=True)
    step.run(target)
    target.mark_done(step.name, step.key)
    say(f'{step.title}: done in {time.monotonic() - began:.0f} s')


def say(text: str) -> None:
    """Print a line of progress at once."""
    print(text, flush=True)


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other set-up of this checkout runs.

    The tools that are started inherit the lock: when a set-up is killed, the next one waits until
    what it left running has ended.
    """
    with Path(__file__).open() as own:
        os.set_inheritable(own.fileno(), True)
        try:
            fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say('Another set-up of this checkout is running; waiting for it.')
            fcntl.flock(own, fcntl.LOCK_EX)
        yield


def set_up(target: Target) -> None:
    """Bring the environment up to date."""
    interpreter, version = base_python(target)
    environment = digest(interpreter, version, str(ROOT), target.distro)
    wheels, others = installation_steps(environment)
    anew = not target.has_done('venv', environment)
    if anew:
        say(f'[1/4] virtual environment in {target.venv}')
        make_venv(target, interpreter)
    perform(target, wheels)
    if anew:
        # Not before: what an interrupted first installation left is better made anew.
        target.mark_done('venv', environment)
    with ThreadPoolExecutor(len(others)) as pool:
        for started in [pool.submit(perform, target, step) for step in others]:
            started.result()


@contextmanager
def furnished(target: Target, *, again: bool) -> Iterator[None]:
    """Fetch the simulator's furniture while the rest is set up; what fails there fails no set-up.

    It is tried once for each way of making it: the stamp says that it was, not how it ended.
    """
    key = _furniture.made_with()
    if _furniture.is_there() or (not again and target.has_done(FURNITURE, key)):
        yield
        return
    fetching = _furniture.start()
    try:
        yield
        say('Furniture of the simulated houses ...')
        _furniture.make(fetching, target.python, say)
    finally:
        _furniture.stop(fetching)
    target.mark_done(FURNITURE, key)


def main() -> int:
    """Set up the asked distribution and return the exit status."""
    parser = argparse.ArgumentParser(prog='scripts/setup', description=__doc__)
    parser.add_argument('--distro', choices=DISTROS, default=DISTROS[0])
    again = 'try again to fetch the furniture of the simulated houses'
    parser.add_argument('--furniture', action='store_true', help=again)
    given = parser.parse_args()
    target = Target(given.distro)
    began = time.monotonic()
    try:
        with alone(), furnished(target, again=given.furniture):
            set_up(target)
    except SetupError as error:
        print(f'scripts/setup: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('scripts/setup: interrupted; run it again to go on', file=sys.stderr)
        return 130
    took = time.monotonic() - began
    say(f'ROS 2 {target.distro} and {PACKAGE} are ready in {target.venv} ({took:.1f} s)')
    return 0


if __name__ == '__main__':
    sys.exit(main())
