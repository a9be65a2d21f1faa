import type { CType } from '../types/c-type.ts';
import { declaration } from '../types/declaration.ts';
import type { ExprValue } from './expr-value.ts';
import type { PrintFormat } from './print-format.ts';
import { type ValueNode, valueTree } from './value-tree.ts';

/** A tree as gdb prints it with `set print pretty on`; lines are separated by newlines. */
export function treeText(node: ValueNode, level = 0): string {
  const { members, elements } = node;
  if (members) {
    if (members.length === 0) return '{<No data fields>}';
    const inner = ' '.repeat(2 + 2 * level);
    let text = '{\n';
    for (let i = 0; i < members.length; i++) {
      const member = members[i] as (typeof members)[number];
      const name = member.name === '' ? '' : `${member.name} = `;
      text += `${inner}${name}${treeText(member.value, level + 1)}${i < members.length - 1 ? ',' : ''}\n`;
    }
    return `${text}${inner.slice(2)}}`;
  }
  if (elements) {
    const parts = elements.map((e) => treeText(e, level + 1));
    return `{${parts.join(', ')}${node.more > 0 ? '...' : ''}}`;
  }
  return node.text ?? '';
}

/** A tree as `print` shows it: pointers with their type before them, except those to characters. */
export function printedText(node: ValueNode, format: PrintFormat = {}): string {
  const text = treeText(node);
  const type = node.type.resolve();
  if (type.kind !== 'pointer' || (format.letter !== undefined && format.letter !== 's' && format.letter !== 'a')) {
    return text;
  }
  return isPlainText(node.type) ? text : `(${declaration(node.type)}) ${text}`;
}

/** A pointer to `char` itself. */
function isPlainText(type: CType): boolean {
  if (type.kind !== 'pointer') return false;
  let target = type.target;
  while (target && (target.kind === 'const' || target.kind === 'volatile')) target = target.target;
  return target?.kind === 'int' && target.name === 'char';
}

/** The lines of a value as `print` shows it. @throws MemoryFault */
export function valueLines(value: ExprValue, format: PrintFormat = {}): string[] {
  return printedText(valueTree(value, format), format).split('\n');
}
