import { treeText } from '../expr/tree-text.ts';
import { definitionText, type OffsetStyle } from '../types/type-definition.ts';
import type { DefinitionData, MemberData, ObjectData, RawData, StructData, TargetData } from './object-data.ts';
import { unitLines } from './unit-lines.ts';

/** How a definition or object is written. */
export interface ObjectStyle {
  readonly offsets: boolean;
  readonly radix: 10 | 16;
  /** Every pointer member of a whole object is followed. */
  readonly follow: boolean;
}

/** The text of `struct` as crash lays it out. */
export function* structLines(data: StructData, style: ObjectStyle): Iterable<string> {
  if (data.definition) yield* definitionLines(data, data.definition, style);
  let cpu: number | undefined;
  let first = true;
  for (const object of data.objects ?? []) {
    if (!first && object.cpu === cpu) yield '';
    if (object.cpu !== undefined && object.cpu !== cpu) yield `[${object.cpu}]: ${object.address.slice(2)}`;
    cpu = object.cpu;
    first = false;
    yield* objectLines(data, object, style);
  }
}

/** A definition with its size, or the members that were asked for. */
export function* definitionLines(
  data: Pick<StructData, 'head' | 'tail' | 'size' | 'wanted' | 'base'>,
  lines: readonly DefinitionData[],
  style: ObjectStyle,
): Iterable<string> {
  const { wanted, base, size } = data;
  const offsets = style.offsets || wanted !== undefined;
  const bracket = offsets ? bracketStyle(size, style.radix, base) : undefined;
  const names = wanted?.map((w) => w.split(/[.[]/)[0]);
  yield data.head;
  for (const line of lines) {
    if (names && (line.name === undefined || !names.includes(line.name))) continue;
    yield definitionText({ ...line, name: line.name ?? '' }, bracket);
  }
  yield data.tail;
  if (!wanted) yield `SIZE: ${style.radix === 16 ? `0x${size.toString(16)}` : size}`;
}

function bracketStyle(size: number, radix: 10 | 16, base: string | undefined): OffsetStyle {
  if (base !== undefined) {
    const from = BigInt(base);
    const text = (offset: number) => BigInt.asUintN(64, from + BigInt(offset)).toString(16);
    return { text, width: text(0).length + 2 };
  }
  const text = (offset: number) => (radix === 16 ? `0x${offset.toString(16)}` : String(offset));
  return { text, width: text(size).length + 2 };
}

function* objectLines(data: StructData, object: ObjectData, style: ObjectStyle): Iterable<string> {
  const name = `${data.kind} ${data.type}`;
  if (object.raw) yield* rawLines(object.raw);
  if (object.value) yield* `${name} ${treeText(object.value)}`.split('\n');
  if (!object.members) return;
  const whole = style.follow && data.wanted === undefined;
  if (whole) yield `${name} {`;
  for (const member of object.members) yield* memberText(member);
  if (whole) yield '}';
}

function* memberText(member: MemberData): Iterable<string> {
  if (member.target) {
    yield* targetText(member.target);
    return;
  }
  const inside = member.inside ?? 0;
  const name = member.name === '' ? '' : `${member.name} = `;
  const text = `${'  '.repeat(inside + 1)}${name}${treeText(member.value, inside + 1)}${member.last ? '' : ','}`;
  yield* text.split('\n');
}

function* targetText(target: TargetData): Iterable<string> {
  const at = `0x${BigInt(target.pointer).toString(16)}`;
  yield `  ${target.declaration} = ${at}`;
  const symbol = target.symbol === undefined ? '' : `<${target.symbol}>`;
  if (!target.value) {
    const what = target.text ?? target.why ?? '';
    yield `  -> ${`${symbol} ${what}`.trim() || 'NULL'}`;
    return;
  }
  const lines = treeText(target.value).split('\n');
  yield `  -> ${symbol}${symbol === '' ? '' : ' '}${lines[0]}`;
  for (const line of lines.slice(1)) yield `     ${line}`;
}

function rawLines({ address, unit, values, characters }: RawData): Iterable<string> {
  return unitLines(BigInt(address), values, { unit, style: 'hex', characters });
}
