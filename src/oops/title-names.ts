/** How system calls are wrapped: every CPU and release has its own names for one function. */
const ENTRY = /^__(?:x64|ia32|arm64|s390x?|riscv|powerpc|loongarch|se|do)_(?:compat_)?sys_(\w+)$/;
const WRAPPED =
  /^(?:__se_sys_|__se_compat_sys_|__do_sys_|__do_compat_sys_|SYSC_|SyS_|compat_SYSC_|C_SYSC_|compat_SyS_)(\w+)$/;

/** Names under which a function may stand in a title; the first is the one to use. */
export function titleNames(name: string): string[] {
  const wrapped = WRAPPED.exec(name);
  if (wrapped) return [wrapped[1] as string, `sys_${wrapped[1]}`, name];
  const entry = ENTRY.exec(name);
  if (entry) return [`sys_${entry[1]}`, name];
  if (/^smp_call_function\w+$/.test(name)) return ['smp_call_function', name];
  if (/^synchronize_(?:rcu|sched|net)\w*$/.test(name)) return [...new Set(['synchronize_rcu', name])];
  if (/^rtnl_lock\w+$/.test(name)) return ['rtnl_lock', name];
  return [name];
}
