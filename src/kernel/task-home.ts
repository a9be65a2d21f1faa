import { attempt } from '../base/attempt.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { cgroupPath } from './memory-cgroup.ts';

/** Where a task belongs: what an operator knows it by. */
export interface TaskHome {
  /** Of the unified hierarchy (cgroup v2), from its root: `/system.slice/ssh.service`; undefined where it is the root. */
  readonly group: string | undefined;
  /** Depth of its pid namespace below the first one, 0 of a task of the host and where it cannot be read. */
  readonly level: number;
  /** The host name that it sees, where that is not the machine's own. */
  readonly hostName: string | undefined;
  readonly uid: number | undefined;
}

const NAME = 65;
/** MAX_PID_NS_LEVEL, include/linux/pid_namespace.h */
const MAX_LEVEL = 32;

/** @param task `struct task_struct *`. Never throws: what cannot be read is left out. */
export function taskHome(prog: Program, task: Addr): TaskHome {
  const word = (member: string): Addr => prog.memory.ulong(addrAdd(task, prog.offset('task_struct', member)));
  const group = attempt(() => cgroupPath(prog, prog.at('css_set', word('cgroups')).get('dfl_cgrp').toBigInt()));
  const level = attempt(() => prog.at('pid', word('thread_pid')).get('level').toNumber()) ?? 0;
  return {
    group: group === '/' ? undefined : group,
    level: level <= MAX_LEVEL ? level : 0,
    hostName: attempt(() => ownHostName(prog, word('nsproxy'))),
    uid: attempt(() => prog.at('cred', word('cred')).get('uid.val').toNumber()),
  };
}

function ownHostName(prog: Program, proxy: Addr): string | undefined {
  if (!isKernelPointer(prog, proxy)) return undefined;
  const names = prog.at('nsproxy', proxy).get('uts_ns').toBigInt();
  if (names === prog.findSymbol('init_uts_ns')?.address) return undefined;
  return prog.at('uts_namespace', names).get('name.nodename').toText(NAME);
}
