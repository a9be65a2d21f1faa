import { UsageError } from '../base/errors.ts';
import type { Program } from '../program/program.ts';
import { baseName, isBaseWord } from '../types/base-name.ts';
import type { CType } from '../types/c-type.ts';
import { arrayOf, constOf, functionType, volatileOf } from '../types/simple-type.ts';
import { baseTypes } from './base-types.ts';
import { type Token, tokenize } from './lexer.ts';
import { findBareType, findTagged, missingType } from './type-lookup.ts';

/** Declarators inside each other at most. */
const MAX_DEPTH = 64;
const MAX_ELEMENTS = 0x7fffffff;
const QUALIFIERS = new Set(['const', 'volatile', 'restrict', '__restrict', '_Atomic']);
const TAGS = new Set(['struct', 'union', 'enum']);
/** Kernel annotations that mean nothing here. */
const IGNORED = new Set(['__user', '__iomem', '__rcu', '__percpu', '__kernel', '__force']);

/** Reads a type name from tokens: `struct foo *`, `unsigned long`, `char *[4]`, `int (*)(void)`. */
export class TypeParser {
  readonly #prog: Program;
  readonly #tokens: readonly Token[];
  /** Index of the next token. */
  at: number;

  constructor(prog: Program, tokens: readonly Token[], at: number) {
    this.#prog = prog;
    this.#tokens = tokens;
    this.at = at;
  }

  #peek(ahead = 0): Token {
    return (this.#tokens[this.at + ahead] ?? this.#tokens.at(-1)) as Token;
  }

  #isOp(op: string, ahead = 0): boolean {
    const t = this.#peek(ahead);
    return t.kind === 'op' && t.text === op;
  }

  /** Whether a type name begins here. */
  starts(): boolean {
    const { kind, text } = this.#peek();
    if (kind !== 'name') return false;
    if (TAGS.has(text)) return this.#peek(1).kind === 'name';
    if (QUALIFIERS.has(text) || IGNORED.has(text) || text === 'typeof' || text === '__typeof__') return true;
    return findBareType(this.#prog, text) !== undefined;
  }

  /** @throws UsageError NotFoundError */
  typeName(): CType {
    return this.#declarator(this.#specifiers(), 0);
  }

  #specifiers(): CType {
    let isConst = false;
    let isVolatile = false;
    const words: string[] = [];
    let type: CType | undefined;
    for (;;) {
      const token = this.#peek();
      if (token.kind !== 'name') break;
      const { text } = token;
      if (QUALIFIERS.has(text) || IGNORED.has(text)) {
        isConst ||= text === 'const';
        isVolatile ||= text === 'volatile';
      } else if (!type && TAGS.has(text)) {
        type = this.#tagged(text as 'struct');
        continue;
      } else if (!type && isBaseWord(text)) words.push(text);
      else if (!type && words.length === 0) {
        type = findBareType(this.#prog, text);
        if (!type) break;
      } else break;
      this.at++;
    }
    if (words.length > 0) type = baseTypes(this.#prog).find(baseName(words.join(' ')));
    if (!type) throw new UsageError(`'${this.#peek().text}' where a type is expected`);
    if (isVolatile) type = volatileOf(type);
    return isConst ? constOf(type) : type;
  }

  #tagged(tag: 'struct' | 'union' | 'enum'): CType {
    const name = this.#peek(1);
    if (name.kind !== 'name') throw new UsageError(`'${tag}' without a name`);
    this.at += 2;
    const type = findTagged(this.#prog, tag, name.text);
    if (!type) throw missingType(this.#prog, `${tag} ${name.text}`);
    return type;
  }

  /** An abstract declarator around `type`. */
  #declarator(type: CType, depth: number): CType {
    if (depth > MAX_DEPTH) throw new UsageError(`a type of more than ${MAX_DEPTH} declarators`);
    let base = type;
    while (this.#isOp('*') || QUALIFIERS.has(this.#peek().text) || IGNORED.has(this.#peek().text)) {
      if (this.#isOp('*')) base = baseTypes(this.#prog).pointer(base);
      this.at++;
    }
    if (this.#isOp('(') && (this.#isOp('*', 1) || this.#isOp('(', 1) || this.#isOp('[', 1))) {
      // What stands in the parentheses applies to what follows them: read that first.
      const inner = this.at + 1;
      this.#skipParentheses();
      const outer = this.#suffixes(base, depth);
      const end = this.at;
      this.at = inner;
      const result = this.#declarator(outer, depth + 1);
      if (!this.#isOp(')')) throw new UsageError(`')' is missing in a type, at column ${this.#peek().at + 1}`);
      this.at = end;
      return result;
    }
    return this.#suffixes(base, depth);
  }

  #skipParentheses(): void {
    let open = 0;
    do {
      const token = this.#peek();
      if (token.kind === 'end') throw new UsageError("')' is missing in a type");
      if (this.#isOp('(')) open++;
      if (this.#isOp(')')) open--;
      this.at++;
    } while (open > 0);
  }

  #suffixes(type: CType, depth: number): CType {
    if (depth > MAX_DEPTH) throw new UsageError(`a type of more than ${MAX_DEPTH} declarators`);
    if (this.#isOp('[')) {
      const size = this.#peek(1);
      const empty = size.kind === 'op' && size.text === ']';
      const length = empty ? 0 : size.kind === 'number' ? Number(size.text) : Number.NaN;
      if (!(length >= 0 && length <= MAX_ELEMENTS)) throw new UsageError(`'${size.text}' is no array length`);
      this.at += empty ? 1 : 2;
      if (!this.#isOp(']')) throw new UsageError(`']' is missing in a type, at column ${this.#peek().at + 1}`);
      this.at++;
      return arrayOf(this.#suffixes(type, depth + 1), length);
    }
    if (this.#isOp('(')) {
      this.#skipParentheses();
      return functionType(type);
    }
    return type;
  }
}

/**
 * The type that a C type name means; a bare tag counts too, as crash's users write it.
 * @throws UsageError NotFoundError
 */
export function parseTypeName(prog: Program, text: string): CType {
  const parser = new TypeParser(prog, tokenize(text), 0);
  if (!parser.starts()) {
    const bare = /^\s*([A-Za-z_]\w*)\s*((?:\*\s*)*)$/.exec(text);
    let type = bare ? (prog.findExactType(bare[1] as string) ?? prog.findModuleType(bare[1] as string)) : undefined;
    if (!type) throw missingType(prog, text.trim());
    for (const c of bare?.[2] ?? '') if (c === '*') type = baseTypes(prog).pointer(type);
    return type;
  }
  const type = parser.typeName();
  const rest = tokenize(text)[parser.at];
  if (rest && rest.kind !== 'end') throw new UsageError(`'${rest.text}' after the type in '${text.trim()}'`);
  return type;
}
