# The commands of crash in drgn's own crash mode. Arguments: the dump, vmlinux, then a command each.
import sys

from drgn import Program
from drgn.commands._crash.common import CRASH_COMMAND_NAMESPACE

prog = Program()
prog.set_core_dump(sys.argv[1])
prog.load_debug_info([sys.argv[2]], main=True)
for line in sys.argv[3:]:
    try:
        CRASH_COMMAND_NAMESPACE.run(prog, line, globals={"prog": prog})
    except Exception as error:
        print(f"{line}: {type(error).__name__}: {error}", file=sys.stderr)
