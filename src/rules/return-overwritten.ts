import { attempt } from '../base/attempt.ts';
import { hex, hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Addr } from '../base/units.ts';
import { bareName } from '../diagnosis/allocator-calls.ts';
import { frameAddress } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence, registerEvidence } from '../diagnosis/evidence.ts';
import { pointerKind } from '../diagnosis/pointer-kind.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { functionCode } from '../fault/function-code.ts';
import type { Evidence, Finding } from '../report/finding.ts';

/** A function returned to where no code is: its return address was written over together with what lies around it. */
export const returnOverwritten: Rule = {
  id: 'stack.return-overwritten',
  title: 'A return address on the stack was written over',
  source: 'CVE-2021-22555 and others; Documentation/security/self-protection.rst, "Stack buffer overflow"',
  *check(of) {
    const pc = of.site?.interrupted ? frameAddress(of.site) : undefined;
    const sp = pc === undefined ? undefined : stackPointer(of);
    if (pc === undefined || sp === undefined || !isGarbage(of, pc)) return;
    const written = writtenStack(of, pc, sp);
    if (written) yield finding(of, pc, sp, written);
  },
};

/** Words above the stack pointer that are looked at. */
const REACH = 128;
/** Garbage around the return address before chance is out of question. */
const LEAST = 2;

interface WrittenStack {
  /** Words from the stack pointer on that are of the same kind as the address. */
  readonly words: number;
  readonly text?: string;
  /** The registers that the function had kept on its stack, and took from there before it returned. */
  readonly registers: readonly string[];
  /** The first return address above that is whole, and who it returns to. */
  readonly intact?: { readonly at: Addr; readonly name: string; readonly module?: string; readonly callee?: string };
}

/** No address of code, of data or of user space: what is written over it has a look of its own. */
function isGarbage(of: Case, pc: Addr): boolean {
  const { kind } = pointerKind(pc);
  return (kind === 'text' || kind === 'fill') && of.prog.symbolAt(pc) === undefined;
}

/** What is around the return address, when it was written over with it. */
function writtenStack(of: Case, pc: Addr, sp: Addr): WrittenStack | undefined {
  const { memory } = of.prog;
  const kind = pointerKind(pc).kind;
  let words = 0;
  while (words < REACH) {
    const value = attempt(() => memory.u64(sp + BigInt(8 * words)));
    if (value === undefined || !isSame(value, kind)) break;
    words++;
  }
  const registers = Object.entries(of.site?.registers ?? {})
    .filter(([name, value]) => KEPT.test(name) && isSame(BigInt(value), kind))
    .map(([name]) => name);
  if (words + registers.length < LEAST || words === 0) return undefined;
  const intact = intactReturn(of, sp + BigInt(8 * words));
  const text = kind === 'text' ? textAt(of, pc, sp) : undefined;
  return { words, registers, ...(intact && { intact }), ...(text !== undefined && { text }) };
}

function isSame(value: bigint, kind: string): boolean {
  return pointerKind(value).kind === kind;
}

/** Registers that a function gives back as it found them: of the calling conventions of x86-64 and arm64. */
const KEPT = /^(?:rbx|rbp|r1[2-5]|x19|x2[0-9])$/;

/** Stands for a letter that is not known: `?`. */
const UNKNOWN = 0x3f;

/** The return address as text, and what follows it. */
function textAt(of: Case, pc: Addr, sp: Addr): string {
  const bytes = new Uint8Array(8 + 8 * REACH);
  new DataView(bytes.buffer).setBigUint64(0, pc, of.prog.memory.littleEndian);
  for (let at = 8; at < bytes.length; at += 8) {
    const word = bytes.subarray(at, at + 8);
    if (of.prog.memory.tryRead(sp + BigInt(at - 8), word) !== undefined) break;
  }
  // some CPUs do not tell the highest byte of where they went
  if (bytes[7] === 0 && (bytes[8] ?? 0) !== 0) bytes[7] = UNKNOWN;
  const end = bytes.findIndex((b) => b < 0x20 || b >= 0x7f);
  return String.fromCharCode(...bytes.subarray(0, Math.min(end < 0 ? bytes.length : end, 48)));
}

function intactReturn(of: Case, from: Addr): WrittenStack['intact'] {
  const { prog } = of;
  for (let i = 0; i < REACH; i++) {
    const value = attempt(() => prog.memory.u64(from + BigInt(8 * i)));
    if (value === undefined) return undefined;
    const symbol = value < prog.kernelStart ? undefined : attempt(() => prog.symbolAt(value - 1n));
    if (!symbol || !/[tw]/i.test(symbol.letter)) continue;
    const code = attempt(() => functionCode(prog, value - 1n));
    const index = code?.indexBefore(value);
    if (!code || index === undefined || code.at(index).flow !== 'call') continue;
    const callee = code.callee(index);
    const called = callee && 'address' in callee ? prog.symbolAt(callee.address)?.name : undefined;
    const own = symbol.module === undefined ? {} : { module: symbol.module };
    return { at: value, name: symbol.name, ...own, ...(called !== undefined && { callee: called }) };
  }
  return undefined;
}

function stackPointer(of: Case): Addr | undefined {
  const { arch } = of.prog;
  const name = arch.unwind ? arch.registers[arch.unwind.sp] : arch.registers.find((r) => /^r?sp$/.test(r));
  const value = name === undefined ? undefined : of.site?.registers?.[name];
  return value === undefined ? undefined : BigInt(value);
}

function finding(of: Case, pc: Addr, sp: Addr, written: WrittenStack): Finding {
  const { intact } = written;
  const owner = intact && `${intact.callee ?? intact.name}${intact.module === undefined ? '' : ` [${intact.module}]`}`;
  const line = of.fault?.line ?? of.fatalLines[0];
  const what = garbageWords(pc, written);
  const by = intact
    ? intact.callee !== undefined
      ? { en: `, or a function that it called`, zh: ' 或它调用的函数' }
      : { en: ` called, or one further down`, zh: ' 调用的函数，或更深处的函数' }
    : undefined;
  return {
    severity: 'cause',
    confidence: 'likely',
    title: {
      en: `Return address overwritten${owner ? ` under ${owner}` : ''}`,
      zh: `${owner ? `${owner} 之下的` : ''}返回地址被覆盖`,
    },
    sentence: {
      en: `A function returned to ${hex(pc)}, ${what.en}: its return address was written over by something that went beyond a variable on the stack.${owner ? ` It is ${intact?.callee === undefined ? 'a function that ' : ''}${owner}${by?.en}: the first whole return address above leads to ${intact?.name}.` : ''}`,
      zh: `某函数返回到了 ${hex(pc)}，${what.zh}：写入越过了栈上的变量，覆盖了它的返回地址。${owner ? `该函数是 ${owner}${by?.zh}：其上第一个完好的返回地址属于 ${intact?.name}。` : ''}`,
    },
    subject: {
      ...(intact && { function: bareName(intact.callee ?? intact.name) }),
      ...(intact?.module !== undefined && { module: intact.module }),
    },
    evidence: [
      ...(line === undefined ? [] : [logEvidence(line)]),
      ...placeEvidence(of, pc),
      ...wordsEvidence(of, sp, written),
      ...written.registers.slice(0, 2).flatMap((name) => {
        const words = {
          en: `register ${name}, which was kept on the stack as well`,
          zh: `寄存器 ${name} 也曾保存在栈上`,
        };
        const found = registerEvidence(of, of.place?.index ?? 0, name, words);
        return found ? [found] : [];
      }),
      ...interruptedEvidence(of),
    ],
    explains: ['call.bad', 'death.exception', 'pointer.bad'],
  };
}

function garbageWords(pc: Addr, { words, text }: WrittenStack): Phrase {
  const kind = pointerKind(pc).words;
  if (text === undefined) {
    return {
      en: `${kind.en}; ${words === 1 ? 'the word above it on the stack is' : `the ${words} words above it on the stack are`} the same`,
      zh: `${kind.zh}；栈上其后的 ${words} 个字也是如此`,
    };
  }
  return {
    en: `which is a part of a text that goes on above it on the stack, "${text}"`,
    zh: `它是一段文本的一部分，该文本在栈上继续："${text}"`,
  };
}

function placeEvidence(of: Case, pc: Addr): Evidence[] {
  const index = of.place?.index ?? 0;
  const registers = of.stack?.frames[index]?.registers ?? {};
  const name = ['rip', 'pc'].find((r) => registers[r] !== undefined && BigInt(registers[r]) === pc);
  const found =
    name === undefined
      ? undefined
      : registerEvidence(of, index, name, { en: 'where it returned to', zh: '返回到的位置' });
  return found ? [found] : [];
}

function wordsEvidence(of: Case, sp: Addr, { intact, words }: WrittenStack): Evidence[] {
  const first = attempt(() => of.prog.memory.u64(sp));
  const found: Evidence[] = [];
  if (first !== undefined) {
    const what = { en: 'the stack above the return address', zh: '栈上返回地址之后的字' };
    found.push({ what, value: hexPad(first), command: `rd ${hexPad(sp)} ${words}` });
  }
  if (intact) {
    const what = { en: 'the first whole return address above', zh: '其上第一个完好的返回地址' };
    found.push({ what, value: intact.name, command: `sym ${hexPad(intact.at)}` });
  }
  return found;
}
