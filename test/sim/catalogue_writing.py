"""A small catalogue of furniture in the format of Sweet Home 3D, made for tests."""

import math
import zipfile
from pathlib import Path

import cv2
import numpy as np

PROPERTIES = """\
name=Furniture for tests
id#1=test#stool
name#1=Stool
creator#1=Some Body
model#1=/blendswap-cc-0/stool/stool.obj
width#1=40
depth#1=30
height#1=80
id#2=test#lost
name#2=Lost
model#2=/blendswap-cc-0/lost/lost.obj
width#2=10
depth#2=10
height#2=10
"""

MATERIALS = """\
newmtl seat
Kd 0.9 0.1 0.1
newmtl pane
Kd 1 1 1
d 0.05
newmtl cloth
Kd 0.5 0.5 0.5
map_Kd cloth.png
newmtl gone
Kd 0.1 0.8 0.1
map_Kd C:\\\\somewhere\\\\gone.png
"""


def stool() -> str:
    """Return a model 4 wide, 8 high and 3 deep: a base with a mark on its front, a round top."""
    lines = ['mtllib stool.mtl', '# x y z, y is up, the front is where z is high']
    lines += [f'v {x} {y} {z}' for y in (0, 6) for x, z in ((-2, -1), (2, -1), (2, 2), (-2, 2))]
    lines += ['vt 0 0', 'vt 1 0', 'vt 1 1', 'vt 0 1']
    lines += ['usemtl seat', 'f 1 2 6 5', 'f 2 3 7 6', 'f 4 1 5 8', 'f 1 4 3 2']
    lines += ['usemtl cloth', 'f 4/1 3/2 7/3 8/4']
    lines += ['usemtl pane', 'f 5 6 7 8']
    sides = 200
    lines += [
        f'v {2 * math.cos(2 * math.pi * k / sides):.4f} {y} '
        f'{0.5 + 1.5 * math.sin(2 * math.pi * k / sides):.4f}'
        for y in (6, 8)
        for k in range(sides)
    ]
    lines.append('usemtl gone')
    for k in range(sides):
        low, after = 9 + k, 9 + (k + 1) % sides
        lines.append(f'f {low} {low + sides} {after + sides} {after}')
    return '\n'.join(lines)


def write_catalogue(file: Path) -> Path:
    """Write a catalogue with a stool, and with an entry whose model is not there."""
    picture = np.zeros((512, 512, 3), dtype=np.uint8)
    picture[:, :256] = (0, 0, 255)
    with zipfile.ZipFile(file, 'w') as archive:
        archive.writestr('PluginFurnitureCatalog.properties', PROPERTIES)
        archive.writestr('blendswap-cc-0/stool/stool.obj', stool())
        archive.writestr('blendswap-cc-0/stool/stool.mtl', MATERIALS)
        encoded = cv2.imencode('.png', picture)[1].tobytes()
        archive.writestr('blendswap-cc-0/stool/cloth.png', encoded)
    return file
