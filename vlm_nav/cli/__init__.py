"""`vlm-nav`, the command line: one module for each command."""

from vlm_nav.core.kept_memory import keep_freed_memory
from vlm_nav.core.matrix_threads import multiply_on_one_core

multiply_on_one_core()
keep_freed_memory()
