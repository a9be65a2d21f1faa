import type { Bytes } from '../base/units.ts';
import type { Instruction, Operand } from '../program/instruction.ts';
import type { Access, Callee, Effect, Flow, Machine, NameAt, Relation, Test } from './machine.ts';
import { NO_RETURN } from './machine.ts';
import { constant, memory, type Operation, operation, part, register, sum, type Term, UNKNOWN } from './term.ts';
import { x86Exits, x86Mentions } from './x86-64-exits.ts';

const OLD = ['ax', 'bx', 'cx', 'dx', 'si', 'di', 'bp', 'sp'];
const WHOLE = new Map<string, string>();
for (const name of OLD) {
  WHOLE.set(name, `r${name}`).set(`e${name}`, `r${name}`).set(`r${name}`, `r${name}`);
  WHOLE.set(name.endsWith('x') ? name.replace('x', 'l') : `${name}l`, `r${name}`);
  if (name.endsWith('x')) WHOLE.set(name.replace('x', 'h'), `r${name}`);
}
for (let n = 8; n < 16; n++) for (const suffix of ['', 'd', 'w', 'b']) WHOLE.set(`r${n}${suffix}`, `r${n}`);

const SP = 'rsp';
const FP = 'rbp';

type Memory = Extract<Operand, { kind: 'memory' }>;

function wholeRegister(name: string): string | undefined {
  return WHOLE.get(name);
}

function addressOf(insn: Instruction, operand: Memory): Term {
  let address: Term = constant(operand.displacement);
  if (operand.base === 'rip') address = constant(insn.reference ?? 0n);
  else if (operand.base !== undefined) address = sum(named(operand.base), address);
  if (operand.index !== undefined && wholeRegister(operand.index) !== undefined) {
    const index = named(operand.index);
    const scaled = operand.scale > 1 ? operation('mul', index, constant(operand.scale)) : index;
    address = sum(address, scaled);
  }
  // The kernel's per-CPU data; fs is user space's.
  return operand.segment === 'gs' ? sum({ kind: 'this-cpu' }, address) : address;
}

function named(name: string): Term {
  const whole = wholeRegister(name);
  return whole === undefined ? UNKNOWN : register(whole);
}

/** The second byte of a register (`%ah`) is not followed. */
const HIGH = /^[abcd]h$/;

function operandValue(insn: Instruction, operand: Operand | undefined, signed = false): Term {
  if (operand?.kind === 'register') {
    return HIGH.test(operand.register) ? UNKNOWN : part(named(operand.register), operand.size, signed);
  }
  if (operand?.kind === 'immediate') return constant(operand.value);
  if (operand?.kind === 'memory') return memory(addressOf(insn, operand), operand.size, signed);
  return UNKNOWN;
}

/** A value written: to less than 4 bytes of a register it leaves the rest, which is not followed. */
function write(insn: Instruction, operand: Operand | undefined, from: Term): Effect[] {
  if (operand?.kind === 'memory') {
    return [{ to: { kind: 'memory', address: addressOf(insn, operand), size: operand.size }, from }];
  }
  const name = operand?.kind === 'register' ? wholeRegister(operand.register) : undefined;
  if (name === undefined || operand === undefined) return [];
  return [{ to: { kind: 'register', name }, from: operand.size < 4 ? UNKNOWN : part(from, operand.size) }];
}

function push(insn: Instruction, value: Term, size: Bytes = 8): Effect[] {
  const sp = sum(register(SP), constant(-size));
  void insn;
  return [
    { to: { kind: 'memory', address: sp, size }, from: value },
    { to: { kind: 'register', name: SP }, from: sp },
  ];
}

const OPERATIONS: Readonly<Record<string, Operation | 'sum'>> = {
  ...{ add: 'sum', sub: 'sub', and: 'and', or: 'or', xor: 'xor', shl: 'shl', sal: 'shl', shr: 'shr', sar: 'sar' },
  ...{ imul: 'mul' },
};

function arithmetic(insn: Instruction, base: string): Effect[] | undefined {
  const name = OPERATIONS[base];
  const to = insn.operands.at(-1);
  if (!name || !to) return undefined;
  const [first, second] = insn.operands;
  if (base === 'xor' && same(first, second)) return write(insn, to, constant(0));
  if (insn.operands.length === 1) return base === 'imul' ? undefined : write(insn, to, shifted(insn, name, to));
  const left = operandValue(insn, insn.operands.length === 3 ? second : to);
  const right = operandValue(insn, first);
  if (name === 'sum') return write(insn, to, sum(left, right));
  if (name === 'sub' && right.kind === 'constant') return write(insn, to, sum(left, constant(-right.value)));
  return write(insn, to, operation(name, left, right));
}

/** `shr %rax`: by one. */
function shifted(insn: Instruction, name: Operation | 'sum', to: Operand): Term {
  return name === 'sum' ? UNKNOWN : operation(name, operandValue(insn, to), constant(1));
}

function same(a: Operand | undefined, b: Operand | undefined): boolean {
  return a?.kind === 'register' && b?.kind === 'register' && a.register === b.register;
}

type Effects = (insn: Instruction) => Effect[];

const move: Effects = (insn) => write(insn, insn.operands[1], operandValue(insn, insn.operands[0]));

/** Without what it does to flags. */
const EFFECTS: Readonly<Record<string, Effects>> = {
  mov: move,
  movabs: move,
  lea: (insn) => {
    const [from, to] = insn.operands;
    return write(insn, to, from?.kind === 'memory' ? addressOf(insn, from) : UNKNOWN);
  },
  push: (insn) => push(insn, operandValue(insn, insn.operands[0])),
  pushf: (insn) => push(insn, UNKNOWN),
  pop: (insn) => {
    const popped = write(insn, insn.operands[0], memory(register(SP), 8));
    return [...popped, { to: { kind: 'register', name: SP }, from: sum(register(SP), constant(8)) }];
  },
  popf: () => [{ to: { kind: 'register', name: SP }, from: sum(register(SP), constant(8)) }],
  leave: () => [
    { to: { kind: 'register', name: SP }, from: sum(register(FP), constant(8)) },
    { to: { kind: 'register', name: FP }, from: memory(register(FP), 8) },
  ],
  inc: (insn) => write(insn, insn.operands[0], sum(operandValue(insn, insn.operands[0]), constant(1))),
  dec: (insn) => write(insn, insn.operands[0], sum(operandValue(insn, insn.operands[0]), constant(-1))),
  xchg: (insn) => {
    const [a, b] = insn.operands;
    if (same(a, b)) return [];
    return [...write(insn, a, operandValue(insn, b)), ...write(insn, b, operandValue(insn, a))];
  },
  xadd: (insn) => {
    const [a, b] = insn.operands;
    return [
      ...write(insn, a, operandValue(insn, b)),
      ...write(insn, b, sum(operandValue(insn, a), operandValue(insn, b))),
    ];
  },
  cmpxchg: (insn) => {
    const to = insn.operands[1];
    return [{ to: { kind: 'register', name: 'rax' }, from: UNKNOWN }, ...write(insn, to, UNKNOWN)];
  },
  cltq: () => [{ to: { kind: 'register', name: 'rax' }, from: part(register('rax'), 4, true) }],
};

/** Mnemonics come from code, whose bytes may be anything: the memory is bounded. */
const REMEMBERED = 1024;
const bases = new Map<string, string>();

/** The key of `EFFECTS` or `OPERATIONS` that a mnemonic stands for, or the mnemonic. */
function baseName(mnemonic: string): string {
  const known = bases.get(mnemonic);
  if (known !== undefined) return known;
  const base = withoutAffixes(mnemonic);
  if (bases.size >= REMEMBERED) bases.clear();
  bases.set(mnemonic, base);
  return base;
}

/** Mnemonics that end in a size in this spelling, or stand alone. */
function withoutAffixes(mnemonic: string): string {
  const bare = mnemonic.replace(/^(?:(?:lock|notrack|bnd|data16|xacquire|xrelease) )+/, '');
  if (bare in EFFECTS || bare in OPERATIONS) return bare;
  const short = bare.replace(/[bwlq]$/, '');
  return short in EFFECTS || short in OPERATIONS || /^(?:cmp|test)$/.test(short) ? short : bare;
}

const QUIET = /^(?:cmp|test|bt|nop|prefetch|ud|int|endbr|ja?|lfence|mfence|sfence|cli|sti|clac|stac|hlt|pause|\(bad\))/;

function effects(insn: Instruction): readonly Effect[] {
  if (insn.flow !== 'next') return [];
  const { mnemonic, operands } = insn;
  const base = baseName(mnemonic);
  const known = EFFECTS[base]?.(insn) ?? arithmetic(insn, base);
  if (known) return known;
  if (/^movs(?:[bwl]q|[bw]l|bw|lq)$/.test(mnemonic))
    return write(insn, operands[1], operandValue(insn, operands[0], true));
  if (/^movz[bw][wlq]?$/.test(mnemonic)) return write(insn, operands[1], operandValue(insn, operands[0]));
  if (mnemonic.startsWith('cmov')) {
    const of = [operandValue(insn, operands[0]), operandValue(insn, operands[1])];
    return write(insn, operands[1], { kind: 'choice', of });
  }
  if (QUIET.test(mnemonic) && !/^bt[src]/.test(mnemonic)) return [];
  return unknownEffects(insn);
}

function unknownEffects(insn: Instruction): Effect[] {
  const found: Effect[] = [];
  for (const written of insn.registersWritten) {
    const name = wholeRegister(written);
    if (name !== undefined) found.push({ to: { kind: 'register', name }, from: UNKNOWN });
  }
  for (const operand of insn.operands) {
    if (operand.kind === 'memory' && /write/.test(operand.access)) found.push(...write(insn, operand, UNKNOWN));
  }
  return found;
}

function accesses(insn: Instruction): readonly Access[] {
  if (/^(?:lea|nop|prefetch|ud)/.test(insn.mnemonic)) return [];
  const found: Access[] = [];
  insn.operands.forEach((operand, i) => {
    if (operand.kind !== 'memory') return;
    found.push({ address: addressOf(insn, operand), size: operand.size, kind: accessKind(insn, operand, i) });
  });
  if (/^(?:push|call)/.test(insn.mnemonic))
    found.push({ address: sum(register(SP), constant(-8)), size: 8, kind: 'write' });
  if (/^(?:pop|ret)/.test(insn.mnemonic)) found.push({ address: register(SP), size: 8, kind: 'read' });
  return found;
}

function accessKind(insn: Instruction, operand: Memory, i: number): Access['kind'] {
  if (/(?:^|\s)stos/.test(insn.mnemonic)) return 'write';
  if (i > 0 && /(?:^|\s)(?:cmpxchg|xadd)/.test(insn.mnemonic)) return 'read-write';
  return operand.access === '' ? 'read' : operand.access;
}

/** Code that runs before the kernel is where it belongs has the same functions under names that begin with `__pi_`. */
const THUNK = /^(?:__pi_)?__x86_indirect_(?:(?:call|jump)_)?thunk_(r\w+|array)$/;
const RETURN_THUNK =
  /^(?:__pi_)?(?:__x86_return_thunk|srso_(?:alias_)?return_thunk|retbleed_return_thunk|its_return_thunk|call_depth_return_thunk|zen_untrain_ret)$/;
/** `jmp` and what a kernel that mitigates Spectre puts in the place of `call *%rax`. */
function thunkRegister(insn: Instruction, nameAt: NameAt): string | undefined {
  const name = insn.target === undefined ? undefined : nameAt(insn.target);
  const found = name === undefined ? undefined : THUNK.exec(name)?.[1];
  // The array of thunks begins with the one of rax.
  return found === undefined ? undefined : wholeRegister(found.replace('array', 'rax'));
}

function flow(insn: Instruction, nameAt: NameAt): Flow {
  const stop: Flow = { falls: false, target: undefined, indirect: false };
  if (insn.flow === 'return') return stop;
  if (insn.flow === 'call') {
    const name = insn.target === undefined ? undefined : nameAt(insn.target);
    return { ...stop, falls: name === undefined || !NO_RETURN.test(name) };
  }
  if (insn.flow !== 'jump') return { ...stop, falls: !/^(?:int3|hlt)$/.test(insn.mnemonic) };
  if (isConditional(insn)) return { falls: true, target: insn.target, indirect: false };
  if (insn.target === undefined || thunkRegister(insn, nameAt) !== undefined) return { ...stop, indirect: true };
  const name = nameAt(insn.target);
  return name !== undefined && RETURN_THUNK.test(name) ? stop : { ...stop, target: insn.target };
}

function callee(insn: Instruction, nameAt: NameAt): Callee | undefined {
  if (insn.flow !== 'call' && insn.flow !== 'jump') return undefined;
  const thunk = thunkRegister(insn, nameAt);
  if (thunk !== undefined) return { operand: register(thunk) };
  if (insn.target !== undefined) {
    const name = nameAt(insn.target);
    return name !== undefined && RETURN_THUNK.test(name) ? undefined : { address: insn.target };
  }
  return { operand: operandValue(insn, insn.operands.at(-1)) };
}

function isConditional(insn: Instruction): boolean {
  return insn.flow === 'jump' && /^(?:j(?!mp)|loop)/.test(insn.mnemonic);
}

const RELATIONS: Readonly<Record<string, readonly [Relation, boolean]>> = {
  ...{ e: ['==', false], ne: ['!=', false], b: ['<', false], ae: ['>=', false], be: ['<=', false], a: ['>', false] },
  ...{ l: ['<', true], ge: ['>=', true], le: ['<=', true], g: ['>', true], s: ['<', true], ns: ['>=', true] },
};

function test(jump: Instruction, flags: Instruction | undefined): Test | undefined {
  const condition = RELATIONS[jump.mnemonic.replace(/^(?:cmov|set|j)/, '')];
  if (!condition || !flags) return undefined;
  const [relation, signed] = condition;
  const [first, second] = flags.operands;
  const size = Math.max(first?.size ?? 0, second?.kind === 'immediate' ? 0 : (second?.size ?? 0)) || 8;
  const base = baseName(flags.mnemonic);
  const left = operandValue(flags, second, signed);
  const right = operandValue(flags, first, signed);
  if (base === 'cmp' || base === 'sub') return { left, right, relation, signed, size: second?.size ?? size };
  if (base === 'test') {
    if (same(first, second)) return { left, right: constant(0), relation, signed, size };
    if (relation !== '==' && relation !== '!=') return undefined;
    return { left, right, relation: relation === '==' ? '!&' : '&', signed: false, size };
  }
  return ofResult(flags, base, relation, signed);
}

/** Of what an operation leaves: zero or not, its sign, and of a sum whether it went beyond a word. */
function ofResult(flags: Instruction, base: string, relation: Relation, signed: boolean): Test | undefined {
  const to = flags.operands.at(-1);
  if (!to || !(base in OPERATIONS || base === 'inc' || base === 'dec')) return undefined;
  const left = effects(flags)[0]?.from ?? UNKNOWN;
  if (relation === '==' || relation === '!=' || (signed && (relation === '<' || relation === '>='))) {
    return { left, right: constant(0), relation, signed, size: to.size };
  }
  if (base !== 'add' || signed || (relation !== '<' && relation !== '>=')) return undefined;
  return { left, right: operandValue(flags, flags.operands[0]), relation, signed, size: to.size };
}

function setsFlags(insn: Instruction): boolean {
  return insn.flow === 'call' || insn.registersWritten.includes('rflags') || /^(?:cmp|test)/.test(insn.mnemonic);
}

const FILLS = /(?:^|\s)(?:stos|movs)(?=[bwlq]?$|[bwlq]? )/;

/** x86-64 as the kernel is compiled for it: System V ABI, no red zone, thunks for indirect branches. */
export const x86Machine: Machine = {
  stackPointer: SP,
  framePointer: FP,
  arguments: ['rdi', 'rsi', 'rdx', 'rcx', 'r8', 'r9'],
  result: 'rax',
  preserved: ['rbx', 'rbp', 'rsp', 'r12', 'r13', 'r14', 'r15'],
  wholeRegister,
  effects,
  accesses,
  flow,
  callee,
  exits: (code, start, nameAt) => x86Exits(code, start, nameAt, (name) => THUNK.test(name)),
  mentions: x86Mentions,
  keepsRegisters(insn, nameAt) {
    const name = insn.target === undefined ? undefined : nameAt(insn.target);
    return (
      insn.flow === 'call' && name !== undefined && /^(?:__fentry__|ftrace_\w*caller|mcount|__sanitizer_cov)/.test(name)
    );
  },
  fills: ({ mnemonic }) => (mnemonic.includes('s') && FILLS.test(mnemonic) ? 'rdi' : undefined),
  isConditional,
  setsFlags,
  test,
  divisor: (insn) => (/^i?div[bwlq]?$/.test(insn.mnemonic) ? operandValue(insn, insn.operands[0]) : undefined),
  isTrap: (insn) => /^(?:ud[012]?|int3)$/.test(insn.mnemonic),
  plainCode: (value) => value,
};
