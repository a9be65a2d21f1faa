import { AnalysisError } from '../base/errors.ts';
import { hexPad } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { buildIdOfNotes } from './kernel-build-id.ts';
import type { Program } from './program.ts';

/** BUILD_ID_SIZE_MAX, include/linux/buildid.h */
const BUILD_ID_SIZE = 20;
/** Note sections of a module that are looked at; real ones have up to four. */
const MAX_SECTIONS = 16;
const MAX_NOTE = 4096;

/**
 * Build-id of a loaded module in hexadecimal: `build_id` in its `struct module` (CONFIG_STACKTRACE_BUILD_ID, Linux commit
 * 9294523e3768, v5.14), else the note sections that /sys/module/NAME/notes shows. Undefined when neither is there.
 * @param module address of its `struct module`
 */
export function moduleBuildId(prog: Program, module: Addr): string | undefined {
  const place = prog.findMember('module', 'build_id');
  if (place) {
    const bytes = new Uint8Array(BUILD_ID_SIZE);
    if (prog.memory.tryRead(module + BigInt(place.offset), bytes) === undefined && bytes.some((b) => b !== 0)) {
      return Array.from(bytes, (b) => hexPad(b, 2)).join('');
    }
  }
  try {
    return fromNotes(prog, module);
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return undefined;
  }
}

/** `notes_attrs`: of each note section a `struct bin_attribute`, whose `private` is where the section lies. */
function fromNotes(prog: Program, module: Addr): string | undefined {
  const member = prog.findMember('module', 'notes_attrs');
  if (!member || !prog.findType('struct bin_attribute')) return undefined;
  const at = prog.memory.ulong(module + BigInt(member.offset));
  if (at === 0n) return undefined;
  const privateAt = BigInt(prog.offset('bin_attribute', 'private'));
  const sizeAt = BigInt(prog.offset('bin_attribute', 'size'));
  for (const entry of noteAttributes(prog, at)) {
    const size = Number(prog.memory.ulong(entry + sizeAt));
    const bytes = new Uint8Array(Math.min(size, MAX_NOTE));
    if (prog.memory.tryRead(prog.memory.ulong(entry + privateAt), bytes) !== undefined) continue;
    const id = buildIdOfNotes(bytes, prog.arch.littleEndian);
    if (id !== undefined) return id;
  }
  return undefined;
}

/**
 * Addresses of the attributes: pointers up to a NULL in an attribute group since v6.14 ("module: sysfs: Add notes
 * attributes through attribute_group"), before an array with its count in `notes`.
 */
function* noteAttributes(prog: Program, at: Addr): Iterable<Addr> {
  const count = prog.findMember('module_notes_attrs', 'notes');
  if (count) {
    const first = at + BigInt(prog.offset('module_notes_attrs', 'attrs'));
    const stride = BigInt(prog.type('struct bin_attribute').size);
    const n = Math.min(prog.memory.u32(at + BigInt(count.offset)), MAX_SECTIONS);
    for (let i = 0; i < n; i++) yield first + BigInt(i) * stride;
    return;
  }
  const list = prog.memory.ulong(at + BigInt(prog.offset('module_notes_attrs', 'grp.bin_attrs', 'grp.bin_attrs_new')));
  for (let i = 0; i < MAX_SECTIONS; i++) {
    const entry = prog.memory.ulong(list + BigInt(i * prog.pointerSize));
    if (entry === 0n) return;
    yield entry;
  }
}
