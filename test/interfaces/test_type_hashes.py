"""The interface packages that are built for wheels must stay what the real packages are.

Two processes talk over DDS only when the hashes of their types agree, so a minimal copy whose
fields drift would find no Nav2 and no transforms on a real robot.
"""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.ros

# The hashes of the distributions' own packages, equal in Jazzy and Kilted but for Spin and
# FollowJointTrajectory: there it is Jazzy's, the distribution by default.
UPSTREAM = {
    'control_msgs/action/FollowJointTrajectory': (
        'RIHS01_738ebcb7a2d7cfa42f9f1001cc99ce3a4383d1cfe508015d9be8485e4b1c66f6'
    ),
    'nav2_msgs/action/NavigateToPose': (
        'RIHS01_a56dba8a3234a1215e610180dc703ae25bbf406dded8b54887891c9732857eab'
    ),
    'nav2_msgs/action/Spin': (
        'RIHS01_9fc4653cfb2982465e9ca4e2710f0532de8f6dce77d6a6eada55e4e22273b55c'
    ),
    'tf2_msgs/msg/TFMessage': (
        'RIHS01_e369d0f05a23ae52508854b66f6aa0437f3449d652e8cbf22d5abe85d020f087'
    ),
}


def built_hash(type_name: str) -> str:
    """Return the hash that the build wrote for a type such as pkg/msg/Name."""
    from ament_index_python.packages import get_package_share_directory

    package, kind, name = type_name.split('/')
    described = Path(get_package_share_directory(package), kind, f'{name}.json')
    hashes = json.loads(described.read_text())['type_hashes']
    return str({entry['type_name']: entry['hash_string'] for entry in hashes}[type_name])


@pytest.mark.parametrize('type_name', sorted(UPSTREAM))
def test_a_type_hashes_as_the_one_of_the_real_package(type_name: str) -> None:
    assert built_hash(type_name) == UPSTREAM[type_name]


def test_the_own_action_has_the_fields_that_users_are_promised() -> None:
    from vlm_nav_msgs.action import NavigateByInstruction as Action

    assert Action.Goal.get_fields_and_field_types() == {'instruction': 'string'}
    assert Action.Result.get_fields_and_field_types() == {
        'outcome': 'string',
        'reason': 'string',
        'message': 'string',
        'confidence': 'float',
        'goal_pose': 'geometry_msgs/PoseStamped',
        'record': 'string',
    }
    assert Action.Feedback.get_fields_and_field_types() == {
        'stage': 'string',
        'calls': 'uint32',
        'distance_remaining': 'float',
    }
