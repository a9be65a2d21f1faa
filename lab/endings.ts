/** How a death that is none by itself is made one: sysctls that the guest sets, and what the console shows then. */
export const RCU_PANIC = 'rcupdate.rcu_cpu_stall_timeout=5 lab.then=kernel.panic_on_rcu_stall=1';
export const HUNG_PANIC = 'lab.then=kernel.hung_task_panic=1,kernel.hung_task_timeout_secs=5';
export const HUNG = /hung_task: blocked tasks/;
export const WARN_PANIC = 'lab.then=kernel.panic_on_warn=1';
export const LOCKUP_PANIC = 'lab.then=kernel.softlockup_panic=1,kernel.watchdog_thresh=4';
export const LOCKUP = /soft lockup|Hard LOCKUP/i;
