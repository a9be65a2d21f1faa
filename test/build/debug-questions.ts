import { AnalysisError } from '../../src/base/errors.ts';
import type { DebugFile } from '../../src/debug/dwarf/debug-file.ts';
import { dwarfProvider } from '../../src/debug/dwarf/dwarf-provider.ts';
import { FileTypes } from '../../src/debug/dwarf/file-types.ts';
import { NameIndex } from '../../src/debug/dwarf/name-index.ts';
import { SourceLines } from '../../src/debug/dwarf/source-lines.ts';
import { formatLocal } from '../../src/program/format-local.ts';
import type { Architecture } from '../../src/program/ports.ts';
import type { CType } from '../../src/types/c-type.ts';
import { formatLayout } from '../../src/types/format-layout.ts';
import { TestKernel } from './test-program.ts';

/** What a file is asked. */
export interface DebugQuestions {
  /** Link-time addresses of code. */
  readonly addresses: readonly bigint[];
  readonly types: readonly string[];
  readonly variables: readonly string[];
  readonly macros: readonly string[];
}

/** How it went. */
export interface DebugAnswers {
  answers: number;
  errors: number;
  /** Longest time of a question in ms, and which one it was. */
  slowest: number;
  what: string;
  /** Errors that are none of ours, and messages that name no place. */
  readonly wrong: string[];
}

export function noAnswers(): DebugAnswers {
  return { answers: 0, errors: 0, slowest: 0, what: '', wrong: [] };
}

/** An error of damaged data names section and offset; others name what is missing. */
const PLACE = /\.(debug|zdebug|eh)_\w+|offset 0x|^no |not known|optimized out|location|register|address 0x/;

/** Asks a file everything that debug information is asked for. @param open opens it afresh */
export function askDebugFile(open: () => DebugFile, arch: Architecture, ask: DebugQuestions, into: DebugAnswers): void {
  const question = (what: string, get: () => unknown): void => {
    const start = performance.now();
    try {
      if (get()) into.answers++;
    } catch (e) {
      into.errors++;
      if (!(e instanceof AnalysisError)) into.wrong.push(`${what}: ${e instanceof Error ? e.stack : e}`);
      else if (e.code === 'bad-data' && !PLACE.test(e.message)) into.wrong.push(`${what}: no place: ${e.message}`);
    }
    const time = performance.now() - start;
    if (time <= into.slowest) return;
    into.slowest = time;
    into.what = what;
  };
  let file: DebugFile | undefined;
  question('open', () => {
    file = open();
    return true;
  });
  if (!file) return;
  const { dwarf } = catching(() => ({ dwarf: (file as DebugFile).dwarf })) ?? {};
  if (dwarf) {
    const lines = new SourceLines(dwarf);
    for (const at of ask.addresses) question(`lines of ${at.toString(16)}`, () => lines.at(dwarf.place(at)));
    const types = new FileTypes(dwarf, 8, () => undefined);
    for (const name of ask.types) question(`type ${name}`, () => walk(types.find(name)));
    for (const name of ask.variables) question(`variable ${name}`, () => walk(types.findVariable(name)));
    question('a name that is nowhere', () => new NameIndex(dwarf).find([0x34], ['no_such_name_at_all']));
    for (const name of ask.macros) question(`macro ${name}`, () => file?.macros.find(name));
  }
  askFrames(file, arch, ask, question);
}

const STACK = TestKernel.BASE + 0x10000n;
const stackKernel = new TestKernel();
stackKernel.fill(STACK, 0x1000);
for (let at = 0n; at < 0x1000n; at += 8n) stackKernel.word(STACK + at, STACK + ((at * 7n) & 0xff8n));

/** Frames of a made-up stack. */
function askFrames(
  file: DebugFile,
  arch: Architecture,
  ask: DebugQuestions,
  question: (what: string, get: () => unknown) => void,
): void {
  const prog = stackKernel.program(arch);
  const stack = STACK;
  prog.add(dwarfProvider([file]));
  const registers = arch.registers.map((_, i) => stack + BigInt(i * 8));
  for (const pc of ask.addresses) {
    const callers = ask.addresses.slice(0, 4).map((at) => ({ pc: at + 1n, lookupPc: at, registers }));
    question(`caller of ${pc.toString(16)}`, () => prog.callerRegisters(pc, registers, (at) => prog.memory.u64(at)));
    question(`locals at ${pc.toString(16)}`, () => {
      const found = prog.localsAt(pc, { registers, callers });
      return found?.map((local) => formatLocal(prog, local)).length;
    });
  }
}

function catching<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch (e) {
    if (e instanceof AnalysisError) return undefined;
    throw e;
  }
}

/** Everything that a type leads to, as far as a reader would go. */
function walk(type: CType | undefined): number {
  if (!type) return 0;
  const seen = new Set<CType>();
  const next = [type];
  while (next.length > 0 && seen.size < 300) {
    const one = next.pop() as CType;
    if (seen.has(one)) continue;
    seen.add(one);
    if (one.size > 0) formatLayout(one, { offsets: true });
    for (const member of one.members.slice(0, 100)) next.push(member.type);
    if (one.target) next.push(one.target);
    for (const parameter of one.parameters.slice(0, 20)) next.push(parameter.type);
    one.resolve();
  }
  return seen.size;
}
