import { hexPad } from '../base/hex.ts';
import type { Args } from './args.ts';
import type { MapData, ProgramData } from './bpf-data.ts';
import { center, digits } from './pad.ts';

const TYPE_WIDTH = 13;

/** Of `bpf`, in crash's layout. */
export function* programLines(list: readonly ProgramData[], details: boolean, args: Args): Iterable<string> {
  const columns = [center('ID', 4), center('BPF_PROG', 16), center('BPF_PROG_AUX', 16), 'BPF_PROG_TYPE'];
  const title = `${columns.join(' ')} ${center('TAG', 16)} USED_MAPS`;
  for (const [i, one] of list.entries()) {
    if (i > 0 && args.has('P')) yield '';
    if (i === 0 || args.has('P')) yield title;
    const start = `${center(String(one.id), 4)} ${digits(one.address)} ${digits(one.aux)}`;
    yield `${start} ${center(one.type, TYPE_WIDTH)} ${one.tag} ${center(one.usedMaps.join(','), 9)} `;
    if (!details) continue;
    yield `     XLATED: ${one.translatedBytes}  JITED: ${one.jitedBytes}  MEMLOCK: ${one.memoryBytes ?? '(unknown)'}`;
    yield `     LOAD_TIME: ${one.loadTime ?? '(unknown)'}`;
    const name = one.name === '' ? '(unused)' : `"${one.name}"`;
    yield `     GPL_COMPATIBLE: ${one.gplCompatible ? 'yes' : 'no'}  NAME: ${name}  UID: ${one.uid ?? '(unknown)'}`;
    yield* codeLines(one, args.has('T'));
    for (const structure of one.structures ?? []) yield* ['', ...structure.lines];
  }
}

function* codeLines({ machineCode, byteCode }: ProgramData, withBytes: boolean): Iterable<string> {
  if (machineCode) {
    yield '';
    if (machineCode.length === 0) yield '(program not jited)';
    for (const { address, text } of machineCode) yield `   ${address}:\t${text} `;
  }
  if (!byteCode) return;
  yield '';
  for (const { index, bytes, text } of byteCode) {
    yield `${String(index).padStart(4)}: ${text}`;
    if (withBytes) yield `       ${bytes}`;
  }
}

/** Of `bpf`, in crash's layout. */
export function* mapLines(list: readonly MapData[], details: boolean, width: number, every: boolean): Iterable<string> {
  const title = `${center('ID', 4)} ${center('BPF_MAP', 16)} ${center('BPF_MAP_TYPE', width)} MAP_FLAGS`;
  for (const [i, one] of list.entries()) {
    if (i > 0 && every) yield '';
    if (i === 0 || every) yield title;
    const type = center(one.type, width);
    yield `${center(String(one.id), 4)} ${digits(one.address)} ${type}  ${hexPad(one.flags, 8)} `;
    if (!details) continue;
    const sizes = `KEY_SIZE: ${one.keySize}  VALUE_SIZE: ${one.valueSize}  MAX_ENTRIES: ${one.maxEntries}`;
    yield `     ${sizes}  MEMLOCK: ${one.memoryBytes}`;
    yield `     NAME: ${one.name === '' ? '(unused)' : `"${one.name}"`}  UID: ${one.uid ?? '(unused)'}`;
    for (const structure of one.structures ?? []) yield* ['', ...structure.lines];
  }
}
