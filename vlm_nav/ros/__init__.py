"""The only room that knows ROS 2: adapters at the edge, thin nodes."""

from vlm_nav.core.kept_memory import keep_freed_memory
from vlm_nav.core.matrix_threads import multiply_on_one_core

multiply_on_one_core()
keep_freed_memory()
