import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Addr } from '../base/units.ts';
import type { Stack, StackFrame } from '../unwind/stack.ts';
import { placeOf } from './access.ts';
import type { Callers } from './callers.ts';
import type { FaultChain } from './chain.ts';
import { type FaultContext, FaultFrame } from './fault-frame.ts';
import { functionCode } from './function-code.ts';
import { machines } from './machines.ts';
import { pointerState } from './phrases.ts';
import { makeStep } from './step-writer.ts';
import type { Typer } from './typer.ts';
import { Walk } from './walk.ts';

/** A call or jump to where no code is: told by the call that the stack says was the last. */
export function explainJump(
  context: FaultContext,
  callers: Callers,
  stack: Stack,
  index: number,
  site: StackFrame,
): FaultChain | undefined {
  const frame = callingFrame(context, site, stack.frames[index + 1]);
  const callee = frame?.code.callee(frame.index);
  if (!frame || !callee || !('operand' in callee)) return undefined;
  const walk = new Walk(callers, new Map<FaultFrame, Typer>());
  const pointer = frame.origins.ofTerm(callee.operand, frame.index);
  const named = walk.typer(frame).name(pointer);
  const state = pointerState(site.pc, context.prog.memory.translate(site.pc) instanceof Object);
  const symbol = context.prog.symbolAt(site.pc);
  const data: Phrase = symbol ? { en: ` (${symbol.name}, which is no function)`, zh: `（${symbol.name}，不是函数）` } : { en: '', zh: '' };
  const summary: Phrase = {
    en: `The code calls ${named.text}, which ${state.en}${data.en}`,
    zh: `代码调用 ${named.text}，其值${state.zh}${data.zh}`,
  };
  const first = makeStep(frame, frame.index, {
    named,
    what: summary,
    value: site.pc,
    confidence: frame.value(pointer) === site.pc ? 'certain' : 'likely',
    saved: undefined,
  });
  const { steps, stopped } = walk.follow(frame, pointer);
  return {
    kind: 'jump',
    ...placeOf(first),
    target: site.pc,
    expression: `${named.text}()`,
    summary,
    strands: [{ steps: [first, ...steps], stopped }],
    ...(walk.origin && { origin: walk.origin }),
    pointers: walk.pointers,
  };
}

/** The function that made the call, at it; the registers are still those that it had then, but for the return address. */
function callingFrame(context: FaultContext, site: StackFrame, next: StackFrame | undefined): FaultFrame | undefined {
  const { prog } = context;
  const set = prog.arch.instructionSet;
  const machine = set && machines[set];
  if (!machine || !site.registers) return undefined;
  const registers = new Map<string, bigint>();
  prog.arch.registers.forEach((name, i) => {
    const whole = machine.wholeRegister(name);
    const value = site.registers?.[i];
    if (whole !== undefined && value !== undefined) registers.set(whole, value);
  });
  const sp = registers.get(machine.stackPointer);
  const candidates: Addr[] = [];
  if (machine.link !== undefined) candidates.push(machine.plainCode(registers.get(machine.link) ?? 0n, prog.map.vaBits));
  else if (sp !== undefined) candidates.push(wordAt(context, sp) ?? 0n);
  if (next && !next.user) candidates.push(next.pc);
  for (const back of candidates) {
    const code = back > 0n ? functionCode(prog, back - 1n) : undefined;
    const index = code?.indexBefore(back);
    if (!code || index === undefined || code.at(index).flow !== 'call') continue;
    if (machine.link === undefined && sp !== undefined) registers.set(machine.stackPointer, sp + 8n);
    if (machine.link !== undefined) registers.delete(machine.link);
    return new FaultFrame(context, code, index, registers);
  }
  return undefined;
}

function wordAt(context: FaultContext, at: Addr): bigint | undefined {
  const bytes = new Uint8Array(8);
  if (context.prog.memory.tryRead(at, bytes) !== undefined) return undefined;
  return new DataView(bytes.buffer).getBigUint64(0, context.prog.memory.littleEndian);
}

/** Names an address for people: a symbol, or the number. */
export function codeName(context: FaultContext, at: Addr): string {
  return context.prog.symbolAt(at)?.name ?? hex(at);
}
