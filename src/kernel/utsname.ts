import { perOwner } from '../base/lazy.ts';
import { cString } from '../base/text.ts';
import { addrAdd } from '../base/u64.ts';
import type { Program } from '../program/program.ts';
import { globalAddress } from './global-address.ts';

const FIELD = 65; // __NEW_UTS_LEN + 1, include/uapi/linux/utsname.h
const NAMES = ['sysname', 'nodename', 'release', 'version', 'machine', 'domainname'] as const;

/** What `uname` prints in the initial namespace. */
export type Utsname = Record<(typeof NAMES)[number], string>;

/**
 * `init_uts_ns.name`; needs neither types nor symbols.
 * @returns undefined when nothing there looks like it @throws MemoryFault
 */
export const initUtsname = perOwner((prog: Program): Utsname | undefined => {
  const at = globalAddress(prog, 'init_uts_ns');
  if (at === undefined) return undefined;
  // The member has been first since commit 9a56493f6942 ("uts: Use generic ns_common::count", v5.11), behind a kref before.
  const stated = prog.vmcoreinfo.offset('uts_namespace.name') ?? prog.findMember('uts_namespace', 'name')?.offset;
  for (const offset of stated === undefined ? [0, 4] : [stated, 0, 4]) {
    const bytes = prog.memory.bytes(addrAdd(at, offset), FIELD * NAMES.length);
    if (cString(bytes, 0, FIELD) !== 'Linux') continue;
    const fields = NAMES.map((name, i) => [name, cString(bytes, i * FIELD, (i + 1) * FIELD)] as const);
    return Object.fromEntries(fields) as Utsname;
  }
  return undefined;
});
