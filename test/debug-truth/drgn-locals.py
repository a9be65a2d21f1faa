# The frames of the crashed task with their variables as drgn has them, one JSON object a line.
# Arguments: the dump, then files with debug information.
import json
import sys

import drgn

prog = drgn.Program()
prog.set_core_dump(sys.argv[1])
try:
    prog.load_debug_info(sys.argv[2:])
except drgn.MissingDebugInfoError:
    pass  # modules without files have frames without variables


def variable(frame, name):
    try:
        value = frame[name]
        if value.absent_:
            return {"name": name, "why": "absent"}
        return {"name": name, "bytes": value.to_bytes_().hex()}
    except Exception as error:
        return {"name": name, "why": f"{type(error).__name__}: {error}"}


for frame in prog.crashed_thread().stack_trace():
    try:
        names = frame.locals()
    except LookupError:
        names = []
    # Of several of one name drgn gives the innermost, each time.
    variables = [variable(frame, name) for name in dict.fromkeys(names)]
    line = {"pc": hex(frame.pc), "function": frame.name, "inlined": frame.is_inline, "variables": variables}
    print(json.dumps(line))
