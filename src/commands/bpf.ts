import { NotFoundError, UnsupportedError, UsageError } from '../base/errors.ts';
import { hex64, hexPad } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import { type BpfNames, bpfInstructions } from '../disasm/bpf.ts';
import { instructionLine } from '../disasm/instruction-line.ts';
import { objectLines, objectMembers, parseObjectMembers } from '../expr/index.ts';
import { type BpfMap, type BpfProgram, bpfByteCode, bpfMaps, bpfPrograms, bpfTypeNames } from '../kernel/bpf.ts';
import { attempt } from '../kernel/note-problem.ts';
import { kernelTime } from '../kernel/timekeeping.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { Args } from '../report/args.ts';
import {
  type BpfData,
  type ByteCodeData,
  bpfSchema,
  type MachineCodeData,
  type MapData,
  type ProgramData,
  type StructureData,
} from '../report/bpf-data.ts';
import { mapLines, programLines } from '../report/bpf-lines.ts';
import { command } from '../report/command.ts';
import { formatDate } from '../report/format-time.ts';
import { problemBlocks, problemsOf } from '../report/problems.ts';

export const bpf = command<BpfData>({
  name: 'bpf',
  summary: 'eBPF programs and maps',
  description: [
    'The loaded programs and the maps. -p and -P add what is known of a program or of all, -m and -M the same of maps. -t ' +
      'translates the bytecode in the style of the verifier, -j disassembles the machine code that was made of it.',
  ],
  args: {
    options: [
      { flag: 'p', value: 'id', help: 'this program' },
      { flag: 'P', help: 'every program, with all details' },
      { flag: 'm', value: 'id', help: 'this map' },
      { flag: 'M', help: 'every map, with all details' },
      { flag: 't', help: 'with -p or -P: the bytecode' },
      { flag: 'T', help: 'the same, with the bytes of each instruction' },
      { flag: 'j', help: 'with -p or -P: the machine code' },
      { flag: 's', help: 'the structures' },
      { flag: 'x', help: 'with -s: numbers in hexadecimal' },
      { flag: 'd', help: 'with -s: numbers in decimal' },
    ],
  },
  examples: [
    { line: 'bpf', shows: 'Every program and map:' },
    {
      line: 'bpf -p 13 -t',
      shows: 'A program and its bytecode:',
      output: [
        ' ID      BPF_PROG       BPF_PROG_AUX   BPF_PROG_TYPE       TAG        USED_MAPS',
        ' 13  ffffbc00c06d1000 ffff9ff260f0c400  CGROUP_SKB   7be49e3934a125ba   13,14',
        '     XLATED: 296  JITED: 229  MEMLOCK: 4096',
        '     LOAD_TIME: Fri Apr 20 19:39:11 UTC 2018',
        '     GPL_COMPATIBLE: yes  NAME: (unused)  UID: 0',
        '',
        '   0: (bf) r6 = r1',
        '   1: (69) r7 = *(u16 *)(r6 +192)',
      ].join('\n'),
    },
  ],
  schema: bpfSchema,
  run({ prog }, args) {
    checkOptions(args);
    const wantsPrograms = args.has('p') || args.has('P');
    const wantsMaps = args.has('m') || args.has('M');
    const all = !wantsPrograms && !wantsMaps;
    const problems: Problem[] = [];
    const maps = bpfMaps(prog);
    const names = namesOf(prog, maps.objects);
    const programs = wantsPrograms || all ? bpfPrograms(prog) : undefined;
    const radix = args.has('x') ? 16 : 10;
    const structures = (types: readonly (readonly [string, Addr])[]): { structures?: readonly StructureData[] } =>
      args.has('s') ? { structures: types.map(([type, at]) => structureData(prog, type, at, radix)) } : {};
    const data = {
      ...(programs && {
        programs: chosen(programs.objects, args, 'p', 'P', 'program').map((one) => ({
          ...programData(prog, one, problems),
          ...codeData(prog, one, args, names, problems),
          ...structures([
            ['bpf_prog', one.address],
            ['bpf_prog_aux', one.aux],
          ]),
        })),
      }),
      ...((wantsMaps || all) && {
        maps: chosen(maps.objects, args, 'm', 'M', 'map').map((one) => ({
          ...mapData(one),
          ...structures([['bpf_map', one.address]]),
        })),
      }),
    };
    // crash takes the length of the other prefix off.
    const mapTypeWidth = Math.max(1, ...[...bpfTypeNames(prog, 'map').values()].map((name) => name.length)) - 1;
    return { ...data, mapTypeWidth, ...problemsOf(programs?.problems, maps.problems, problems) };
  },
  *blocks(data, args) {
    const details = args.has('p') || args.has('P');
    if (data.programs) yield { kind: 'lines', lines: programLines(data.programs, details, args) };
    if (data.programs && data.maps) yield { kind: 'lines', lines: [''] };
    if (data.maps) {
      yield {
        kind: 'lines',
        lines: mapLines(data.maps, args.has('m') || args.has('M'), data.mapTypeWidth, args.has('M')),
      };
    }
    yield* problemBlocks(data);
  },
});

/** @throws UsageError for options that belong to others */
function checkOptions(args: Args): void {
  const details = ['p', 'P', 'm', 'M'].some((flag) => args.has(flag));
  for (const flag of ['t', 'T', 'j']) {
    if (args.has(flag) && !args.has('p') && !args.has('P')) throw new UsageError(`bpf: -${flag} needs -p or -P`);
  }
  if (args.has('s') && !details) throw new UsageError('bpf: -s needs -p, -P, -m or -M');
  for (const flag of ['x', 'd']) {
    if (args.has(flag) && !args.has('s')) throw new UsageError(`bpf: -${flag} needs -s`);
  }
}

/** @throws UsageError NotFoundError */
function chosen<T extends { readonly id: number }>(
  objects: readonly T[],
  args: Args,
  one: string,
  every: string,
  what: string,
): readonly T[] {
  const word = args.value(one);
  if (word === undefined) return objects;
  if (!/^(?:0x[0-9a-f]{1,8}|\d{1,10})$/i.test(word)) throw new UsageError(`bpf: '${word}' is no ${what} id`);
  const found = objects.filter(({ id }) => id === Number(word));
  if (found.length === 0) throw new NotFoundError(`${what} with id`, word);
  return args.has(every) ? objects : found;
}

function namesOf(prog: Program, maps: readonly BpfMap[]): BpfNames {
  const ids = new Map(maps.map(({ address, id }) => [address, id]));
  const base = prog.findSymbol('__bpf_call_base')?.address;
  return {
    map: (address) => (ids.has(address) ? `map[id:${ids.get(address)}]` : undefined),
    helper: (immediate) => {
      if (base === undefined) return undefined;
      const address = addrAdd(base, immediate);
      const symbol = prog.symbolAt(address);
      return symbol?.address === address ? symbol.name : undefined;
    },
  };
}

function programData(prog: Program, one: BpfProgram, problems: Problem[]): ProgramData {
  const boot = attempt(problems, 'wall clock', () => {
    const time = kernelTime(prog);
    return time.realSeconds - time.uptimeSeconds;
  });
  return {
    id: one.id,
    address: hex64(one.address),
    aux: hex64(one.aux),
    type: one.type,
    tag: one.tag,
    usedMaps: one.usedMaps,
    name: one.name,
    translatedBytes: one.length * 8,
    jitedBytes: one.codeSize,
    memoryBytes: one.memory ?? null,
    loadTime: one.loadTime === undefined || boot === undefined ? null : formatDate(boot + Number(one.loadTime) / 1e9),
    gplCompatible: one.gplCompatible,
    uid: one.uid ?? null,
  };
}

function codeData(
  prog: Program,
  one: BpfProgram,
  args: Args,
  names: BpfNames,
  problems: Problem[],
): Pick<ProgramData, 'byteCode' | 'machineCode'> {
  const byteCode =
    args.has('t') || args.has('T')
      ? attempt(problems, `bytecode of program ${one.id}`, () => byteCodeData(prog, one, names))
      : undefined;
  const machineCode = args.has('j')
    ? attempt(problems, `machine code of program ${one.id}`, () => machineCodeData(prog, one))
    : undefined;
  return { ...(byteCode && { byteCode }), ...(machineCode && { machineCode }) };
}

function byteCodeData(prog: Program, one: BpfProgram, names: BpfNames): ByteCodeData[] {
  return bpfInstructions(bpfByteCode(prog, one), prog.arch.littleEndian, names).map(({ index, bytes, text }) => ({
    index,
    bytes: [...bytes].map((byte) => hexPad(byte, 2)).join(' '),
    text,
  }));
}

/** Larger than any program that the kernel's compilers take. */
const MAX_CODE = 1 << 24;

/** @throws UnsupportedError MemoryFault */
function machineCodeData(prog: Program, { code, codeSize }: BpfProgram): MachineCodeData[] {
  const set = prog.arch.instructionSet;
  if (!set || !prog.disassembler) throw new UnsupportedError('there is no disassembler here');
  if (codeSize === 0) return [];
  const bytes = prog.memory.bytes(code, Math.min(codeSize, MAX_CODE));
  return prog.disassembler.disassemble(bytes, code, set).map((insn) => ({
    address: hex64(insn.address),
    text: instructionLine(insn, set, (at) => prog.symbolAt(at), 10),
  }));
}

function structureData(prog: Program, type: string, at: Addr, radix: 10 | 16): StructureData {
  const wanted = parseObjectMembers(prog, type);
  const value = objectMembers(prog, wanted, at, { radix });
  return { type, value, lines: objectLines(prog, wanted, value, radix) };
}

function mapData(one: BpfMap): MapData {
  return {
    id: one.id,
    address: hex64(one.address),
    type: one.type,
    flags: one.flags,
    name: one.name,
    keySize: one.keySize,
    valueSize: one.valueSize,
    maxEntries: one.maxEntries,
    memoryBytes: one.memory,
    uid: one.uid ?? null,
  };
}
