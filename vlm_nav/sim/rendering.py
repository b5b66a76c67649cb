"""Where pictures are drawn on a machine without a screen: by EGL, else by OSMesa.

MuJoCo and PyOpenGL each read the choice from the environment, when they are first used for a
picture. `open_context` sets it, so that no import has to come before another.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib
import os
from typing import Any, Protocol

from vlm_nav.core.errors import VlmNavError

_VARIABLE = 'MUJOCO_GL'
_BACKENDS = ('egl', 'osmesa', 'glfw')
_ADVICE = (
    'install Mesa: apt-get install libegl1 libopengl0 libgl1-mesa-dri, or apt-get install '
    'libosmesa6 (with a graphics card, its driver brings EGL)'
)


class RenderingError(VlmNavError):
    """This machine cannot draw pictures, or they are wanted from a thread that cannot."""


class DrawingContext(Protocol):
    """What OpenGL draws with; it belongs to the thread that made it."""

    def make_current(self) -> None:
        """Let the calling thread draw with it."""
        ...

    def free(self) -> None:
        """Give it back."""
        ...


def open_context(width_px: int, height_px: int) -> DrawingContext:
    """Return a context to draw pictures of this size with, made current in this thread.

    The user's MUJOCO_GL is respected. Raises RenderingError where there is nothing to draw with;
    it says what to install.
    """
    backend = chosen_backend()
    os.environ[_VARIABLE] = backend
    try:
        # The names of OpenGL's errors are known only once it could be imported.
        context: Any = importlib.import_module(f'mujoco.{backend}').GLContext(width_px, height_px)
        context.make_current()
    except (ImportError, AttributeError, RuntimeError, OSError) as error:
        raise RenderingError(
            f'pictures are drawn by {backend} ({_VARIABLE}), which failed: {error}; {_ADVICE}'
        ) from error
    drawing: DrawingContext = context
    return drawing


def chosen_backend() -> str:
    """Return what MUJOCO_GL says, else egl or osmesa, whichever is there first.

    Raises RenderingError where the variable names no such thing, and where neither is there.
    """
    wanted = os.environ.get(_VARIABLE, '').strip().lower()
    if wanted:
        if wanted not in _BACKENDS:
            raise RenderingError(
                f'{_VARIABLE} names one of {", ".join(_BACKENDS)}, or is not set; got {wanted!r}'
            )
        return wanted
    find = ctypes.util.find_library
    if _counts_egl_devices() and (find('OpenGL') or find('GL')):
        return 'egl'
    if find('OSMesa'):
        return 'osmesa'
    raise RenderingError(f'pictures are drawn by EGL or OSMesa, found neither; {_ADVICE}')


def _counts_egl_devices() -> int:
    """Return how many devices EGL can draw with; asked of the library itself.

    Importing its Python package would settle what this process draws with, found or not.
    """
    try:
        library = ctypes.CDLL('libEGL.so.1')
    except OSError:
        return 0
    library.eglGetProcAddress.restype = ctypes.c_void_p
    library.eglGetProcAddress.argtypes = [ctypes.c_char_p]
    address = library.eglGetProcAddress(b'eglQueryDevicesEXT')
    if not address:
        return 0
    query = ctypes.CFUNCTYPE(
        ctypes.c_uint, ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int)
    )(address)
    count = ctypes.c_int(0)
    return count.value if query(0, None, ctypes.byref(count)) else 0
