"""What Nav2 calls its things; relative, so that a namespace or a remapping reaches them."""

ACTION = 'navigate_to_pose'
LIFECYCLE_SERVICE = 'bt_navigator/get_state'
SPIN_ACTION = 'spin'
SPIN_LIFECYCLE_SERVICE = 'behavior_server/get_state'
