/** What is asked of damaged dumps, in turn. */
export const commandLines: readonly string[] = [
  ...['sys', 'ps', 'log', 'bt', 'bt -a', 'bt -f', 'foreach bt', 'bt -t 1', 'bt -e', 'bt -F 1', 'ps -t 1', 'ps -a', 'ps -p 2'],
  ...['mod', 'mod -t', 'mount', 'files', 'files 1', 'foreach files', 'vm 1', 'vm -p 1', 'vm -m 1', 'net', 'net -a', 'net -s 1'],
  ...['kmem -i', 'kmem -s', 'kmem -S task_struct', 'kmem -z', 'kmem -f', 'kmem -v', 'kmem -n', 'kmem -V', 'kmem -p', 'kmem -o'],
  ...['irq', 'irq -s', 'irq -a', 'timer', 'timer -r', 'runq', 'runq -g', 'runq -t', 'dev', 'dev -d', 'dev -p', 'dev -i', 'swap'],
  ...['waits', 'memory', 'memory -z', 'memory -o', 'storage', 'mach', 'mach -c', 'mach -m', 'sys -c', 'sys -i', 'sys config', 'sys -t'],
  ...['struct task_struct', 'task', 'task -R comm,pid 1', 'set', 'sym -l', 'sym panic', 'sym -q sched', 'dis panic', 'dis -r schedule+0x20'],
  ...['list -H init_task.tasks', 'list task_struct.tasks -h init_task', 'tree -t rbtree init_mm.mm_mt', 'p init_task', 'p jiffies', 'whatis task_struct'],
  ...['rd init_task 64', 'rd -s init_task 32', 'search -k deadbeef', 'vtop init_task', 'vtop -c 1 400000', 'pte 800000001', 'ipcs', 'sig', 'sig 1'],
  ...['sbitmapq 0', 'bpf', 'bpf -PM', 'fuser /', 'waitq log_wait', 'explain', 'foreach sig', 'foreach vm', 'log -T', 'log -a', 'log -m'],
  ...['kmem -g', 'kmem -h', 'btop 1000', 'mount -i', 'foreach net', 'foreach task -x', 'help -D', 'help -n', 'union thread_union'],
];
