"""What pictures are drawn with, on machines that have one thing or the other or neither."""

import ctypes
import ctypes.util
import subprocess
import sys

import pytest

from vlm_nav.sim.rendering import RenderingError, chosen_backend, open_context


@pytest.fixture(autouse=True)
def _free_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv('MUJOCO_GL', raising=False)


def without_egl(monkeypatch: pytest.MonkeyPatch, name: str | None) -> None:
    """Let this machine have no EGL, and OSMesa where a name is given."""

    def load(_: str) -> None:
        raise OSError('no such library')

    monkeypatch.setattr(ctypes, 'CDLL', load)
    monkeypatch.setattr(ctypes.util, 'find_library', {'OSMesa': name}.get)


def test_the_users_choice_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('MUJOCO_GL', ' OSMesa')
    assert chosen_backend() == 'osmesa'


def test_a_choice_that_draws_nothing_without_a_screen_is_refused_with_those_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv('MUJOCO_GL', 'vulkan')
    with pytest.raises(RenderingError, match=r"one of egl, osmesa, glfw.*got 'vulkan'"):
        open_context(8, 8)


def test_a_machine_without_egl_draws_by_osmesa(monkeypatch: pytest.MonkeyPatch) -> None:
    without_egl(monkeypatch, 'libOSMesa.so.8')
    assert chosen_backend() == 'osmesa'


def test_a_machine_with_neither_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    without_egl(monkeypatch, None)
    with pytest.raises(RenderingError, match='install libegl1 libopengl0 libgl1-mesa-dri, or'):
        open_context(8, 8)


def test_egl_without_opengl_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('vlm_nav.sim.rendering._counts_egl_devices', lambda: 1)
    monkeypatch.setattr(ctypes.util, 'find_library', {'OSMesa': 'libOSMesa.so.8'}.get)
    assert chosen_backend() == 'osmesa'
    monkeypatch.setattr(ctypes.util, 'find_library', {'OpenGL': 'libOpenGL.so.0'}.get)
    assert chosen_backend() == 'egl'


def test_egl_without_any_driver_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    # Where libEGL asks which drivers there are; a process of its own, for it asks once.
    monkeypatch.setenv('__EGL_VENDOR_LIBRARY_DIRS', '/nonexistent')
    code = 'from vlm_nav.sim import rendering; print(rendering._counts_egl_devices())'
    said = subprocess.check_output([sys.executable, '-c', code], text=True)
    assert said.strip() == '0'


def test_the_choice_may_come_after_the_import_of_mujoco() -> None:
    pytest.importorskip('mujoco')
    code = (
        'import mujoco\n'
        'from vlm_nav.sim.rendering import open_context\n'
        'context = open_context(8, 8)\n'
        'drawn = mujoco.MjrContext(mujoco.MjSpec().compile(), 150)\n'
        'print(drawn.offWidth > 0)\n'
        'drawn.free(); context.free()'
    )
    ended = subprocess.run(
        [sys.executable, '-c', code], check=False, capture_output=True, text=True
    )
    assert (ended.stdout.strip(), ended.stderr) == ('True', '')
