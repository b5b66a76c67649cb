"""Errors of the geometry room."""

from vlm_nav.core.errors import InvalidValueError


class GeometryError(InvalidValueError):
    """Base of the geometry room's errors."""


class CalibrationError(GeometryError):
    """A camera's calibration cannot be used."""


class PoseError(GeometryError):
    """A matrix is no rigid transform, or a quaternion has no direction."""


class DepthEncodingError(GeometryError):
    """A depth picture is stored in a way that the reader does not know."""
