import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Addr } from '../base/units.ts';
import type { StackFrame } from '../unwind/stack.ts';
import { placeOf } from './access.ts';
import { beforeCall, type Caller, type Callers } from './callers.ts';
import type { FaultChain } from './chain.ts';
import type { FaultContext, FaultFrame } from './fault-frame.ts';
import type { Machine } from './machine.ts';
import { pointerState, stops } from './phrases.ts';
import { makeStep } from './step-writer.ts';
import type { Typer } from './typer.ts';
import { Walk } from './walk.ts';

/** A trapped place without code, and what the machine was like there. */
export interface BadPlace {
  readonly context: FaultContext;
  readonly machine: Machine;
  readonly site: StackFrame;
  readonly registers: ReadonlyMap<string, bigint>;
  /** The next frame of the stack. */
  readonly next: StackFrame | undefined;
}

/** A call or jump to where no code is: told by the call that the stack says was the last. */
export function explainJump(place: BadPlace, callers: Callers): FaultChain | undefined {
  const { context, site } = place;
  const { prog } = context;
  const caller = callingFrame(place, callers);
  if (!caller) return undefined;
  const { frame } = caller;
  const callee = frame.code.callee(frame.index);
  // A pointer that is good now is no witness of what was called.
  if (caller.how === 'lost' || !callee || !('operand' in callee)) return lastCall(frame, site.pc);
  const walk = new Walk(callers, new Map<FaultFrame, Typer>());
  const pointer = frame.origins.ofTerm(callee.operand, frame.index);
  const named = walk.typer(frame).name(pointer);
  const held = frame.value(pointer);
  const symbolThere = prog.symbolAt(site.pc);
  if (held !== undefined && !symbolThere && site.pc > held && site.pc - held < LONGEST_FUNCTION) {
    return { ...lastCall(frame, site.pc), within: held };
  }
  // the CPU may not keep all of an address that it jumps to
  const target = held !== undefined && prog.arch.printedAddress?.(held) === site.pc ? held : site.pc;
  const state = pointerState(prog, target, typeof prog.memory.translate(site.pc) !== 'string');
  const symbol = prog.symbolAt(site.pc);
  const data: Phrase = !symbol
    ? { en: '', zh: '' }
    : /[tw]/i.test(symbol.letter)
      ? {
          en: ` (${symbol.name}+${hex(site.pc - symbol.address)}, where no instruction begins)`,
          zh: `（${symbol.name}+${hex(site.pc - symbol.address)}，那里不是指令的起点）`,
        }
      : { en: ` (${symbol.name}, which is no function)`, zh: `（${symbol.name}，不是函数）` };
  const summary: Phrase = {
    en: `The code ${frame.jumped ? 'jumps to' : 'calls'} ${named.text}, which ${state.en}${data.en}`,
    zh: `代码${frame.jumped ? '跳转到' : '调用'} ${named.text}，其值${state.zh}${data.zh}`,
  };
  const first = makeStep(frame, frame.index, {
    named,
    what: summary,
    value: target,
    confidence: held === target ? 'certain' : 'likely',
  });
  const { steps, stopped } = walk.follow(frame, pointer);
  return {
    kind: 'jump',
    ...placeOf(first),
    target,
    expression: `${named.text}()`,
    summary,
    strands: [{ steps: [first, ...steps], stopped }],
    ...walk.found(),
  };
}

/** A function whose code is gone may have stood so far from its beginning. */
const LONGEST_FUNCTION = 0x4000n;

/** Only the last call is known: what it called jumped on. */
function lastCall(frame: FaultFrame, target: Addr): FaultChain {
  const state = pointerState(frame.context.prog, target, false);
  const summary: Phrase = {
    en: `The code jumped to an address that ${state.en}; ${frame.code.symbol.name}() made the last call before`,
    zh: `代码跳转到的地址${state.zh}；此前最后一次调用由 ${frame.code.symbol.name}() 发出`,
  };
  const step = makeStep(frame, frame.index, {
    named: { text: hex(target) },
    what: summary,
    value: target,
    confidence: 'certain',
  });
  const stopped = stops.jumps(frame.code.symbol.name, hex(target));
  const strands = [{ steps: [step], stopped }];
  return { kind: 'jump', ...placeOf(step), target, expression: hex(target), summary, strands, pointers: [] };
}

/** The function that called or jumped there, at that instruction. */
function callingFrame(place: BadPlace, callers: Callers): Caller | undefined {
  const { machine, registers, site } = place;
  for (const back of returnAddresses(place)) {
    const caller = back > 0n ? callers.reached(back, site.pc, beforeCall(machine, registers), registers) : undefined;
    if (caller) return caller;
  }
  return undefined;
}

/** Where the code would have returned to: by the machine's convention, then by the stack. */
function returnAddresses({ context, machine, registers, next }: BadPlace): Addr[] {
  const { prog } = context;
  const found: Addr[] = [];
  const sp = registers.get(machine.stackPointer);
  const link = machine.link === undefined ? undefined : registers.get(machine.link);
  if (link !== undefined) found.push(machine.plainCode(link, prog.map.vaBits));
  else if (sp !== undefined) {
    const bytes = new Uint8Array(8);
    if (prog.memory.tryRead(sp, bytes) === undefined)
      found.push(new DataView(bytes.buffer).getBigUint64(0, prog.memory.littleEndian));
  }
  if (next && !next.user) found.push(next.pc);
  return found;
}
