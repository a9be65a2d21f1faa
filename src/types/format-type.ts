import type { CType } from './c-type.ts';

/** Declarators inside each other at most; deeper ones come from damaged data. */
const MAX_DEPTH = 32;

/**
 * A declaration in C: `formatType(t, 'next')` is `struct list_head *next`; without a name an abstract one, `char *[4]`.
 * Structs, unions and enums appear by their tag, anonymous ones as `struct {...}`.
 */
export function formatType(type: CType, name = ''): string {
  return declare(type, name, '', 0);
}

/** @param inner the declarator so far @param qualifiers of the type that is looked at */
function declare(type: CType, inner: string, qualifiers: string, depth: number): string {
  if (depth > MAX_DEPTH) return join(`${qualifiers}...`, inner);
  const { target } = type;
  switch (type.kind) {
    case 'pointer':
      if (!target) return join(`${qualifiers}void`, `*${inner}`);
      return declare(target, pointerTo(target, `*${qualifiers}${inner}`), '', depth + 1);
    case 'array':
      return target ? declare(target, `${inner}[${type.length}]`, qualifiers, depth + 1) : join('void', inner);
    case 'function':
      return declare(target ?? type, `${inner}(${parameters(type, depth)})`, '', depth + 1);
    case 'const':
    case 'volatile':
    case 'restrict':
      return target
        ? declare(target, inner, qualified(qualifiers, type.kind), depth + 1)
        : join(`${qualifiers}${type.kind} void`, inner);
    default:
      return join(qualifiers + baseName(type), inner);
  }
}

/** A constant array of constants is written with one `const`. */
function qualified(qualifiers: string, kind: string): string {
  return qualifiers.includes(kind) ? qualifiers : `${qualifiers}${kind} `;
}

/** `*` binds weaker than `[]` and `()`. */
function pointerTo(target: CType, inner: string): string {
  return target.kind === 'array' || target.kind === 'function' ? `(${inner})` : inner;
}

function parameters(type: CType, depth: number): string {
  if (depth >= MAX_DEPTH) return '...';
  const list = type.parameters.map((p) =>
    p.type.kind === 'void' && p.name === '' ? '...' : declare(p.type, p.name, '', depth + 1),
  );
  return list.length === 0 ? 'void' : list.join(', ');
}

function baseName(type: CType): string {
  const { kind, name } = type;
  if (kind === 'struct' || kind === 'union' || kind === 'enum')
    return name === '' ? `${kind} {...}` : `${kind} ${name}`;
  if (kind === 'forward') return `${forwardKind(type)} ${name}`;
  return name === '' ? 'void' : name;
}

function forwardKind(type: CType): string {
  return 'forwardKind' in type && type.forwardKind === 'union' ? 'union' : 'struct';
}

function join(base: string, declarator: string): string {
  return declarator === '' ? base : `${base} ${declarator}`;
}
