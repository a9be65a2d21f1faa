import { baseName } from './base-name.ts';
import type { CType } from './c-type.ts';

/** Declarators inside each other at most; deeper ones come from damaged data. */
const MAX_DEPTH = 32;

/**
 * A declaration as gdb writes it: `declaration(t, 'next')` is `struct list_head *next`; without a name an abstract one,
 * `char *[4]`. Parameters have no names; anonymous structs are `struct {...}`, anonymous enumerations written out.
 * @param base text in place of the innermost type
 */
export function declaration(type: CType, name = '', base?: string): string {
  return declare(type, name, [], 0, base);
}

/** @param inner the declarator so far @param qualifiers of the type that is looked at, in the order found */
function declare(type: CType, inner: string, qualifiers: readonly string[], depth: number, base?: string): string {
  if (depth > MAX_DEPTH) return join('...', inner);
  const { target } = type;
  switch (type.kind) {
    case 'pointer': {
      const words = sorted(qualifiers);
      const gap = words === '' || inner === '' ? '' : ' ';
      const pointer = `*${words === '' ? '' : ` ${words}`}${gap}${inner}`;
      const needs = target && (target.kind === 'array' || target.kind === 'function');
      if (!target) return join('void', pointer);
      return declare(target, needs ? `(${pointer})` : pointer, [], depth + 1, base);
    }
    case 'array': {
      const length = type.length === 0 && !type.declaredEmpty ? '' : String(type.length);
      return target ? declare(target, `${inner}[${length}]`, qualifiers, depth + 1, base) : join('void', inner);
    }
    case 'function':
      if (!target) return join('void', inner);
      return declare(target, `${inner}(${parameters(type, depth)})`, [], depth + 1, base);
    case 'const':
    case 'volatile':
    case 'restrict':
      return declare(target ?? VOID, inner, [...qualifiers, type.kind], depth + 1, base);
    default: {
      const words = sorted(qualifiers);
      return join(base ?? (words === '' ? '' : `${words} `) + named(type), inner);
    }
  }
}

const VOID = { kind: 'void', name: 'void' } as CType;

const ORDER = ['const', 'volatile', 'restrict'];

function sorted(qualifiers: readonly string[]): string {
  return qualifiers.length === 0 ? '' : ORDER.filter((q) => qualifiers.includes(q)).join(' ');
}

function parameters(type: CType, depth: number): string {
  if (depth >= MAX_DEPTH) return '...';
  const list = type.parameters.map((p) =>
    p.type.kind === 'void' && p.name === '' ? '...' : declare(p.type, '', [], depth + 1),
  );
  return list.length === 0 ? 'void' : list.join(', ');
}

function named(type: CType): string {
  const { kind, name } = type;
  if (kind === 'enum') return name === '' ? enumText(type) : `enum ${name}`;
  if (kind === 'struct' || kind === 'union') return name === '' ? `${kind} {...}` : `${kind} ${name}`;
  if (kind === 'forward')
    return `${'forwardKind' in type && type.forwardKind === 'union' ? 'union' : 'struct'} ${name}`;
  return name === '' ? 'void' : baseName(name);
}

/** An enumeration on one line: `enum pid_type {PIDTYPE_PID, PIDTYPE_TGID}`; values that are not the next are written. */
export function enumText(type: CType): string {
  let next = 0n;
  const constants = type.enumerators.map((e) => {
    const text = e.value === next ? e.name : `${e.name} = ${e.value}`;
    next = e.value + 1n;
    return text;
  });
  const unsigned = !type.signed && type.size !== 4 ? underlying(type.size) : '';
  return `enum ${type.name === '' ? '' : `${type.name} `}${unsigned}{${constants.join(', ')}}`;
}

function underlying(size: number): string {
  return size === 1 ? ': unsigned char ' : size === 2 ? ': unsigned short ' : ': unsigned long ';
}

function join(base: string, declarator: string): string {
  if (declarator === '' || base === '') return base + declarator;
  return `${base} ${declarator}`;
}
