"""Points with a value each as messages."""

from __future__ import annotations

import sys

import numpy as np
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

from vlm_nav.geometry.arrays import FloatArray

_FIELDS = ('x', 'y', 'z', 'intensity')
_BYTES = 4


def cloud_of(places: FloatArray, values: FloatArray, header: Header) -> PointCloud2:
    """Return places (n, 3) with values (n,) as a cloud with the fields x, y, z and intensity."""
    rows = np.column_stack([places, values]).astype(np.float32)
    fields = [
        PointField(name=name, offset=_BYTES * index, datatype=PointField.FLOAT32, count=1)
        for index, name in enumerate(_FIELDS)
    ]
    step = _BYTES * len(_FIELDS)
    return PointCloud2(
        header=header,
        height=1,
        width=len(rows),
        fields=fields,
        is_bigendian=sys.byteorder == 'big',
        point_step=step,
        row_step=step * len(rows),
        data=rows.tobytes(),
        is_dense=True,
    )
