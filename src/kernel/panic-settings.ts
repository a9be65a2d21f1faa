import { attempt } from '../base/attempt.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/** A setting of a running kernel that turns a report into a panic. */
export interface PanicSetting {
  /** As sysctl names it: `kernel.softlockup_panic`. */
  readonly name: string;
  /** The variable that holds it. */
  readonly symbol: string;
  readonly address: Addr;
  readonly value: number;
}

/** Variables, all `int` or `unsigned int`, under the names that they have had since 4.19; newest first. */
const SETTINGS: readonly (readonly [sysctl: string, ...symbols: string[]])[] = [
  ['kernel.panic_on_oops', 'panic_on_oops'],
  ['kernel.panic_on_warn', 'panic_on_warn'],
  ['kernel.softlockup_panic', 'softlockup_panic'],
  ['kernel.hardlockup_panic', 'hardlockup_panic'],
  ['kernel.hung_task_panic', 'sysctl_hung_task_panic'],
  ['kernel.panic_on_rcu_stall', 'sysctl_panic_on_rcu_stall'],
  ['kernel.unknown_nmi_panic', 'unknown_nmi_panic'],
  ['kernel.panic_on_unrecovered_nmi', 'panic_on_unrecovered_nmi'],
  ['kernel.panic_on_io_nmi', 'panic_on_io_nmi'],
  ['vm.panic_on_oom', 'sysctl_panic_on_oom'],
];

/** One setting; undefined where this kernel has no such variable or names none of its data. */
export function panicSetting(prog: Program, name: string): PanicSetting | undefined {
  const [, ...symbols] = SETTINGS.find(([sysctl]) => sysctl === name) ?? ['', ''];
  for (const symbol of symbols) {
    const address = prog.findSymbol(symbol)?.address;
    const value = address === undefined ? undefined : attempt(() => prog.memory.u32(address));
    if (address !== undefined && value !== undefined) return { name, symbol, address, value };
  }
  return undefined;
}
