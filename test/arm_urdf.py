"""The description of a small arm with six joints on a base, as a robot publishes it."""

from __future__ import annotations

_JOINTS = (
    ('turn', '0 0 0.1', '0 0 1', 3.1), ('shoulder', '0 0 0.1', '0 1 0', 2.2),
    ('elbow', '0 0 0.35', '0 1 0', 2.6), ('forearm', '0 0 0.15', '0 0 1', 3.1),
    ('wrist', '0 0 0.2', '0 1 0', 2.2), ('flange', '0 0 0.08', '0 0 1', 3.1),
)  # fmt: skip
JOINTS = tuple(name for name, *_ in _JOINTS)


def arm_urdf(scale: float = 1.0) -> str:
    """Return the URDF: base_link, the arm, `tool` that approaches along z, and a wheel.

    All lengths are so many times those of a small arm.
    """
    links = ['<link name="base_link"/>', '<link name="wheel"/>', '<link name="tool"/>']
    joints = [
        '<joint name="wheel_joint" type="continuous"><parent link="base_link"/>'
        '<child link="wheel"/><axis xyz="0 1 0"/></joint>',
        '<joint name="tool_joint" type="fixed"><parent link="flange_link"/>'
        f'<child link="tool"/><origin xyz="0 0 {0.1 * scale}"/></joint>',
    ]
    parent = 'base_link'
    for name, unscaled, axis, limit in _JOINTS:
        place = ' '.join(str(scale * float(word)) for word in unscaled.split())
        links.append(f'<link name="{name}_link"/>')
        joints.append(
            f'<joint name="{name}" type="revolute"><parent link="{parent}"/>'
            f'<child link="{name}_link"/><origin xyz="{place}"/><axis xyz="{axis}"/>'
            f'<limit lower="-{limit}" upper="{limit}" effort="10" velocity="2"/></joint>'
        )
        parent = f'{name}_link'
    return f'<robot name="small_arm">{"".join(links)}{"".join(joints)}</robot>'
