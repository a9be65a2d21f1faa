import { digits, shortDigits } from './pad.ts';
import { machineRegisters, registerLayout, registerLines } from './register-lines.ts';
import { stackTitle, taskLine } from './stack-lines.ts';
import type { ExceptionData, SearchKind, StackSearch, TextData } from './stack-search.ts';
import { wordLines } from './stack-words.ts';
import type { TaskName } from './task-data.ts';

/** The searches of one command in crash's layout. */
export function* searchLines(searches: readonly StackSearch[], kind: SearchKind): Iterable<string> {
  let owner: TaskName | null = null;
  let number = 0;
  for (const s of searches) {
    if (s.task && s.task !== owner && s.task.task !== owner?.task) {
      if (owner) yield '';
      yield taskLine(s.task);
      number = 0;
    }
    owner = s.task ?? owner;
    if (!s.task) yield `CPU ${s.cpu} ${stackTitle(s.stack).toUpperCase()} STACK:`;
    if (s.unread !== undefined) yield `  (${s.unread})`;
    else if (s.words) yield* wordLines(s.words, '', '  ');
    else if (kind === 'exceptions') yield* exceptionLines(s);
    else if (kind === 'old') number = yield* oldLines(s, number);
    else yield* textLines(s);
    if (!s.task) yield '';
  }
}

function* exceptionLines(s: StackSearch): Iterable<string> {
  const all = s.exceptions ?? [];
  if (all.length === 0) yield '(none found)';
  for (const e of all) {
    yield '';
    yield `  ${e.user ? 'USER' : 'KERNEL'}-MODE EXCEPTION FRAME AT: ${shortDigits(e.at)}`;
    yield* savedLines(e);
  }
}

function savedLines(e: ExceptionData): string[] {
  const name = e.user ? undefined : registerLayout(e.registers)?.exception;
  const place = e.symbol === null ? 'unknown or invalid address' : `${e.symbol}+${e.offset}`;
  return [
    ...(name === undefined ? [] : [`    [exception ${name}: ${place}]`]),
    ...registerLines(e.registers, e.user, e.registerSymbols),
  ];
}

function* textLines(s: StackSearch): Iterable<string> {
  if (s.start) yield `              START: ${s.start.symbol ?? '(unknown)'} at ${shortDigits(s.start.pc)}`;
  if (s.enteredFrom !== undefined) yield `--- <${stackTitle(s.enteredFrom)} stack> ---`;
  for (const found of inOrder(s)) {
    if ('registers' in found) yield* savedLines(found);
    else yield `  [${digits(found.at)}] ${placeText(found)}`;
  }
}

/** Numbered as frames are; what points at a beginning is no return address. @returns the number after the last */
function* oldLines(s: StackSearch, from: number): Generator<string, number> {
  let number = from;
  if (s.stopped) {
    yield* savedLines({ ...s.stopped, registers: machineRegisters(s.stopped.registers, 'registers') });
  }
  if (s.enteredFrom !== undefined) yield `--- <${stackTitle(s.enteredFrom)} stack> ---`;
  for (const found of inOrder(s)) {
    if ('registers' in found) yield* savedLines(found);
    else if (found.offset > 0) yield `${`#${number++}`.padStart(3)} [${digits(found.at)}] ${placeText(found)}`;
  }
  return number;
}

/** Code addresses and exception frames as they lie on the stack; what an exception saved is no return address. */
function* inOrder(s: StackSearch): Iterable<TextData | ExceptionData> {
  const left = [...(s.exceptions ?? [])];
  let past = 0n;
  for (const t of s.texts ?? []) {
    const at = BigInt(t.at);
    while (left[0] && BigInt(left[0].at) <= at) {
      const e = left.shift() as ExceptionData;
      yield e;
      past = BigInt(e.at) + BigInt(8 * Object.keys(e.registers).length);
    }
    if (at >= past) yield t;
  }
  yield* left;
}

function placeText(t: TextData): string {
  return `${t.symbol} at ${shortDigits(t.pc)}${t.module === null ? '' : ` [${t.module}]`}`;
}
