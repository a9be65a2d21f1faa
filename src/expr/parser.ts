import { UsageError } from '../base/errors.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import type { Node } from './ast.ts';
import { expandMacros } from './expand-macros.ts';
import { type Token, tokenize } from './lexer.ts';
import { numberNode } from './literal.ts';
import { PRECEDENCE } from './precedence.ts';
import { TypeParser } from './type-parser.ts';

/** Operators inside each other at most. */
const MAX_DEPTH = 200;

const CONDITIONAL = 3;
/** Binds weaker than everything but the comma. */
const ASSIGNMENT = 2;

/** @throws UsageError that says where the expression is wrong; NotFoundError for a type that there is not */
export function parse(prog: Program, text: string): Node {
  const tokens = expandMacros(prog, tokenize(text));
  const parser = new Parser(prog, tokens, text);
  const node = parser.expression(0);
  parser.end();
  return node;
}

class Parser {
  readonly #prog: Program;
  readonly #tokens: readonly Token[];
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(prog: Program, tokens: readonly Token[], text: string) {
    this.#prog = prog;
    this.#tokens = tokens;
    this.#text = text;
  }

  #peek(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #next(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  #isOp(op: string): boolean {
    const t = this.#peek();
    return t.kind === 'op' && t.text === op;
  }

  #accept(op: string): boolean {
    const is = this.#isOp(op);
    if (is) this.#at++;
    return is;
  }

  #expect(op: string): void {
    if (!this.#accept(op)) throw this.#wrong(`'${op}' is expected`);
  }

  #wrong(what: string): UsageError {
    const { kind, text, at } = this.#peek();
    const found = kind === 'end' ? 'at the end' : `before '${text}' at column ${at + 1}`;
    return new UsageError(`${what} ${found} of the expression '${this.#text.trim()}'`);
  }

  end(): void {
    if (this.#peek().kind !== 'end') throw this.#wrong('an operator is expected');
  }

  expression(minimum: number): Node {
    if (++this.#depth > MAX_DEPTH) throw new UsageError(`expression nested deeper than ${MAX_DEPTH}`);
    let left = this.#unary();
    for (;;) {
      const token = this.#peek();
      if (token.kind !== 'op') break;
      if (token.text === '?' && CONDITIONAL >= minimum) {
        this.#at++;
        const yes = this.expression(0);
        this.#expect(':');
        left = { kind: 'conditional', test: left, yes, no: this.expression(CONDITIONAL) };
        continue;
      }
      if (token.text === '=' && ASSIGNMENT >= minimum) throw new UsageError('a dump cannot be changed: no assignments');
      const precedence = PRECEDENCE[token.text];
      if (precedence === undefined || precedence < minimum) break;
      this.#at++;
      left = { kind: 'binary', op: token.text, left, right: this.expression(precedence + 1) };
    }
    this.#depth--;
    return left;
  }

  #unary(): Node {
    const token = this.#peek();
    if (token.kind === 'op') {
      if (['-', '+', '!', '~', '*', '&'].includes(token.text)) {
        this.#at++;
        return { kind: 'unary', op: token.text, operand: this.#nested() };
      }
      if (token.text === '&&') {
        this.#at++;
        return { kind: 'unary', op: '&', operand: { kind: 'unary', op: '&', operand: this.#nested() } };
      }
      if (token.text === '{') {
        this.#at++;
        const type = this.#typeName();
        this.#expect('}');
        return { kind: 'at', type, operand: this.#nested() };
      }
      if (token.text === '(') {
        const cast = this.#cast();
        if (cast) return cast;
      }
    }
    if (token.kind === 'name' && (token.text === 'sizeof' || token.text === '_Alignof')) return this.#sizeof();
    return this.#postfix(this.#primary());
  }

  #nested(): Node {
    if (++this.#depth > MAX_DEPTH) throw new UsageError(`expression nested deeper than ${MAX_DEPTH}`);
    const node = this.#unary();
    this.#depth--;
    return node;
  }

  /** `(type) operand`; undefined when the parenthesis holds no type. */
  #cast(): Node | undefined {
    const types = new TypeParser(this.#prog, this.#tokens, this.#at + 1);
    const first = this.#tokens[this.#at + 1];
    if (first?.kind === 'name' && isTypeof(first.text)) return this.#castTypeof();
    if (!types.starts()) return undefined;
    const type = types.typeName();
    this.#at = types.at;
    this.#expect(')');
    // `sizeof` and gdb's ptype take a bare type in parentheses.
    return this.#ends() ? { kind: 'type', type } : { kind: 'cast', type, operand: this.#nested() };
  }

  /** `(typeof(x) *) operand`; undefined, and nothing read, when it is no cast. */
  #castTypeof(): Node | undefined {
    const at = this.#at;
    this.#at += 2;
    this.#expect('(');
    const types = new TypeParser(this.#prog, this.#tokens, this.#at);
    const of: Node = types.starts() ? { kind: 'type', type: this.#typeName() } : this.expression(0);
    this.#expect(')');
    let pointers = 0;
    while (this.#accept('*')) pointers++;
    if (this.#accept(')') && !this.#ends()) return { kind: 'cast-typeof', of, pointers, operand: this.#nested() };
    this.#at = at;
    return undefined;
  }

  /** Nothing follows that a cast could apply to. */
  #ends(): boolean {
    const next = this.#peek();
    return next.kind === 'end' || (next.kind === 'op' && [')', ',', ']', '}', ':'].includes(next.text));
  }

  #typeName(): CType {
    const first = this.#peek();
    if (first.kind === 'name' && isTypeof(first.text))
      throw new UsageError('typeof stands where its value is asked for');
    const types = new TypeParser(this.#prog, this.#tokens, this.#at);
    const type = types.typeName();
    this.#at = types.at;
    return type;
  }

  #sizeof(): Node {
    this.#at++;
    if (this.#isOp('(')) {
      const types = new TypeParser(this.#prog, this.#tokens, this.#at + 1);
      if (types.starts()) {
        const type = types.typeName();
        this.#at = types.at;
        this.#expect(')');
        return { kind: 'sizeof', operand: { kind: 'type', type } };
      }
    }
    return { kind: 'sizeof', operand: this.#nested() };
  }

  #postfix(first: Node): Node {
    let node = first;
    for (let n = 0; ; n++) {
      if (n > MAX_DEPTH * 10) throw new UsageError('an expression of too many members');
      if (this.#accept('[')) {
        const index = this.expression(0);
        this.#expect(']');
        node = { kind: 'index', operand: node, index };
      } else if (this.#isOp('.') || this.#isOp('->')) {
        const arrow = this.#next().text === '->';
        const name = this.#next();
        if (name.kind !== 'name') throw this.#wrong('a member name is expected');
        node = { kind: 'member', operand: node, name: name.text, arrow };
      } else if (this.#isOp('(')) throw new UsageError('a dump cannot run: no function is called');
      else return node;
    }
  }

  #primary(): Node {
    const token = this.#next();
    switch (token.kind) {
      case 'number':
        return numberNode(token.text);
      case 'char':
        if (token.text.length > 1) return { kind: 'name', name: token.text };
        if (token.text.length === 0) throw new UsageError('an empty character constant');
        return { kind: 'char', value: token.text.charCodeAt(0) };
      case 'string': {
        let { text } = token;
        while (this.#peek().kind === 'string') text += this.#next().text;
        return { kind: 'string', text };
      }
      case 'register':
        return { kind: 'register', name: token.text.slice(1) };
      case 'name':
        return this.#named(token);
      case 'op':
        if (token.text === '(') {
          const node = this.expression(0);
          this.#expect(')');
          return node;
        }
        break;
    }
    this.#at -= token.kind === 'end' ? 0 : 1;
    throw this.#wrong('a value is expected');
  }

  #named(token: Token): Node {
    const call = this.#isOp('(');
    if (call && token.text === 'offsetof') return this.#offsetof();
    if (call && token.text === 'container_of') return this.#containerOf();
    if (call && isTypeof(token.text)) {
      this.#at++;
      const types = new TypeParser(this.#prog, this.#tokens, this.#at);
      const node: Node = types.starts() ? { kind: 'type', type: this.#typeName() } : this.expression(0);
      this.#expect(')');
      return { kind: 'unary', op: 'typeof', operand: node };
    }
    this.#at--;
    const types = new TypeParser(this.#prog, this.#tokens, this.#at);
    const tagged = token.text === 'struct' || token.text === 'union' || token.text === 'enum';
    if (tagged || types.starts()) {
      // A variable may have the name of a typedef; then the variable is meant, as in C.
      if (tagged || !this.#prog.findSymbol(token.text)) return { kind: 'type', type: this.#typeName() };
    }
    this.#at++;
    return { kind: 'name', name: token.text };
  }

  /** `offsetof(type, member.path[2])` */
  #offsetof(): Node {
    this.#expect('(');
    const type = this.#typeName();
    this.#expect(',');
    const path = this.#path();
    this.#expect(')');
    return { kind: 'offsetof', type, path };
  }

  /** `container_of(pointer, type, member)` */
  #containerOf(): Node {
    this.#expect('(');
    const operand = this.expression(ASSIGNMENT);
    this.#expect(',');
    const type = this.#typeName();
    this.#expect(',');
    const path = this.#path();
    this.#expect(')');
    return { kind: 'container', operand, type, path };
  }

  #path(): string {
    let path = '';
    for (;;) {
      const token = this.#peek();
      const part = token.kind === 'name' || token.kind === 'number' || ['.', '[', ']'].includes(token.text);
      if (!part || token.kind === 'end') break;
      path += this.#next().text;
    }
    if (path === '') throw this.#wrong('a member is expected');
    return path;
  }
}

function isTypeof(name: string): boolean {
  return name === 'typeof' || name === '__typeof__' || name === '__typeof';
}
