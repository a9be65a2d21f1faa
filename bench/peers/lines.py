# The crashed task's stack with source lines and inlined calls, by drgn.
import sys

from drgn import Program

prog = Program()
prog.set_core_dump(sys.argv[1])
prog.load_debug_info([sys.argv[2]])
print(prog.crashed_thread().stack_trace())
