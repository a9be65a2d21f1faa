# The first answer by drgn: system, tasks, log, modules and the stack of the crashed task.
import sys

from drgn import Program
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.pid import for_each_task

prog = Program()
prog.set_core_dump(sys.argv[1])
prog.load_debug_info([sys.argv[2]])

uts = prog["init_uts_ns"].name
print(uts.release.string_().decode(), uts.version.string_().decode(), uts.machine.string_().decode())

for task in for_each_task(prog):
    mm = task.mm
    size = mm.total_vm.value_() * 4 if mm else 0
    print(task.pid.value_(), task.real_parent.tgid.value_(), hex(task.value_()), size, task.comm.string_().decode())

try:
    from drgn.helpers.linux.printk import get_dmesg

    sys.stdout.write(get_dmesg(prog).decode(errors="replace"))
except ImportError:
    pass

for module in list_for_each_entry("struct module", prog["modules"].address_of_(), "list"):
    print(hex(module.value_()), module.name.string_().decode())

print(prog.crashed_thread().stack_trace())
