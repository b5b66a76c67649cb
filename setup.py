from glob import glob

from setuptools import find_packages, setup

PACKAGE = 'vlm_nav'

# `ros2 run vlm_nav NAME` and the command line.
CONSOLE_SCRIPTS = [
    'bag_player = vlm_nav.ros.doubles.bag_player:main',
    'drawn_room_camera = vlm_nav.ros.doubles.drawn_room_camera:main',
    'joint_trajectory_double = vlm_nav.ros.doubles.joint_trajectory_server:main',
    'manipulator = vlm_nav.ros.manipulator:main',
    'navigate_to_pose_double = vlm_nav.ros.doubles.navigate_to_pose_server:main',
    'navigator = vlm_nav.ros.navigator:main',
    'openai_double = vlm_nav.sim.answering.openai_double:main',
    'simulator = vlm_nav.ros.simulator:main',
    'watchdog = vlm_nav.ros.watchdog:main',
    'vlm-nav = vlm_nav.cli.main:main',
]

TEST = [
    'hypothesis',
    'jsonschema',
    'pytest',
    'pytest-asyncio',
    'pytest-timeout',
    'pytest-xdist',
    'rosbags',
]
# What `colcon build` and `colcon test` need of colcon.
COLCON = [
    'colcon-bash',
    'colcon-core',
    'colcon-library-path',
    'colcon-output',
    'colcon-package-selection',
    'colcon-parallel-executor',
    'colcon-ros',
    'colcon-test-result',
]
DEVELOPMENT = [
    *COLCON,
    'import-linter',
    'mypy',
    'ruff',
    'types-PyYAML',
]


def installed_files(folder: str) -> tuple[str, list[str]]:
    """Return the data_files entry that puts the files of a folder into the package's share."""
    return f'share/{PACKAGE}/{folder}', sorted(glob(f'{folder}/*.*'))


setup(
    name=PACKAGE,
    version='0.1.0',
    packages=find_packages(include=[PACKAGE, f'{PACKAGE}.*']),
    package_data={'': ['py.typed', '*.css', '*.json', '*.onnx', '*.yaml']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{PACKAGE}']),
        (f'share/{PACKAGE}', ['package.xml']),
        installed_files('launch'),
        installed_files('config'),
        installed_files('rviz'),
    ],
    python_requires='>=3.10',
    # The lowest versions are tried by scripts/test --lowest; docs/decisions.md says why these.
    install_requires=[
        'numpy>=1.24.0',
        'openai>=1.40.0',
        'opencv-python-headless>=4.6.0.66',
        'pydantic>=2.6.0',
        'PyYAML>=6.0',
        'rich>=11.2.0',
        'transforms3d>=0.4.1',
        'typer>=0.9.0',
    ],
    extras_require={
        'arm': ['pin>=3.0'],
        'bags': ['rosbags'],
        'bench': ['rosbags'],
        'dev': TEST + DEVELOPMENT,
        'imagine': ['onnxruntime>=1.16'],
        'sim': ['fast-simplification', 'mujoco>=3.10,<5', 'pin>=3.0', 'scikit-image', 'scipy'],
        'test': TEST,
        'train': ['jax', 'onnx', 'optax'],
    },
    zip_safe=False,
    maintainer='vlm_nav maintainers',
    maintainer_email='vlm_nav@example.org',
    description='Lets a robot follow an instruction in words, with a VLM and Nav2.',
    license='Apache-2.0',
    entry_points={'console_scripts': CONSOLE_SCRIPTS},
)
