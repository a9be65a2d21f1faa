import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeElfSections } from '../../../test/build/elf-sections-writer.ts';
import { TestKernel } from '../../../test/build/test-program.ts';
import { VARIABLES_CODE, writeVariables } from '../../../test/build/variables-writer.ts';
import { x86_64 } from '../../arch/x86-64.ts';
import { bytesSource } from '../../base/byte-source.ts';
import { AnalysisError } from '../../base/errors.ts';
import { formatLocal } from '../../program/format-local.ts';
import type { Program } from '../../program/program.ts';
import { formatLayout } from '../../types/format-layout.ts';
import { openDebugFile } from './debug-file.ts';
import { dwarfProvider } from './dwarf-provider.ts';

const STACK = TestKernel.BASE + 0x300000n;
const RBX = 3;
const RSP = 7;
const R12 = 12;
const RIP = 16;
const noCodecs = {
  decoder(): never {
    throw new AnalysisError('test', 'no decoder');
  },
};

function program(file: Uint8Array): Program {
  const k = new TestKernel();
  k.fill(STACK, 0x1000);
  const prog = k.program(x86_64);
  k.word(STACK + 8n, 7n); // sum at CFA - 24
  k.word(STACK + 16n, 41n); // start's r12
  k.word(STACK + 24n, VARIABLES_CODE + 0x220n);
  prog.add(dwarfProvider([openDebugFile(bytesSource('vmlinux', file), noCodecs, [x86_64])]));
  return prog;
}

const registers: (bigint | undefined)[] = [];
registers[RBX] = STACK + 0x100n;
registers[RSP] = STACK;
registers[R12] = 0x99n;
registers[RIP] = VARIABLES_CODE + 0x110n;

const word = (prog: Program) => (at: bigint) => (at >= STACK && at < STACK + 0x1000n ? prog.memory.u64(at) : undefined);

test('the caller has the registers that its callee saved', () => {
  const prog = program(writeElfSections(writeVariables()));
  const caller = prog.callerRegisters(VARIABLES_CODE + 0x110n, registers, word(prog));
  assert.equal(caller?.cfa, STACK + 32n);
  assert.equal(caller?.registers[RIP], VARIABLES_CODE + 0x220n);
  assert.equal(caller?.registers[R12], 41n);
  assert.equal(caller?.registers[RBX], STACK + 0x100n);
  assert.equal(caller?.registers[0], undefined, 'what a callee may change is not known');
  assert.equal(prog.callerRegisters(VARIABLES_CODE + 0x300n, registers, word(prog)), undefined);
});

test('variables have their values, or the reason why there are none', () => {
  const prog = program(writeElfSections(writeVariables()));
  const caller = prog.callerRegisters(VARIABLES_CODE + 0x110n, registers, word(prog));
  const callers = [
    { pc: VARIABLES_CODE + 0x220n, lookupPc: VARIABLES_CODE + 0x21fn, registers: caller?.registers ?? [] },
  ];
  const locals = (pc: bigint, outer = callers) =>
    prog.localsAt(pc, { registers, callers: outer })?.map((l) => {
      const { name, type, value, why } = formatLocal(prog, l);
      return `${l.function}: ${type} ${name} = ${value ?? `<${why}>`}`;
    });
  const first = `0x${(STACK + 0x100n).toString(16)}`;
  assert.deepEqual(locals(VARIABLES_CODE + 0x110n), [
    `work: struct item * first = ${first}`,
    'work: unsigned int flags = 42',
    'work: int gone = <optimized out>',
    'work: int sum = 7',
    'work: int answer = -42',
  ]);
  const later = locals(VARIABLES_CODE + 0x150n, []);
  assert.match(later?.[1] ?? '', /flags = <only its value on entry is known/);
  assert.match(later?.[3] ?? '', /sum = <optimized out>/);
  assert.equal(prog.localsAt(VARIABLES_CODE + 0x900n, { registers, callers }), undefined);
  const parameters = prog.localsAt(VARIABLES_CODE + 0x110n, { registers, callers })?.map((l) => l.parameter);
  assert.deepEqual(parameters, [true, true, true, false, false]);
});

test('types by name, where the kernel carries none', () => {
  const prog = program(writeElfSections(writeVariables()));
  assert.deepEqual(formatLayout(prog.type('struct item'), { offsets: true }), [
    'struct item {',
    '     [0]     unsigned int low : 3;',
    '     [0]     unsigned int high : 5;',
    '     [4]     char name[8];',
    '    [12]     enum color color;',
    '    [16]     struct item *next;',
    '}',
    'SIZE: 24',
  ]);
  const place = prog.type('item').findMember('next.name');
  assert.equal(place, undefined, 'a pointer is no part of the struct');
  assert.deepEqual(prog.offset('item', 'name[3]'), 7);
  assert.deepEqual(
    prog.type('enum color').enumerators.map((e) => [e.name, e.value]),
    [
      ['RED', 0n],
      ['BLUE', 2n],
    ],
  );
  assert.equal(prog.type('char').signed, true);
  assert.equal(prog.type('unsigned').size, 4);
  assert.equal(prog.type('struct item *').size, 8);
  assert.equal(prog.findVariableType('items')?.name, 'item');
  assert.equal(prog.findVariableType('nothing'), undefined);
  assert.equal(prog.findType('struct opaque'), undefined, 'it is only declared');
});

test('damaged sections give less, or an error of ours', () => {
  let random = 99;
  const next = (limit: number) => {
    random = (random * 1103515245 + 12345) & 0x7fffffff;
    return (random >> 4) % limit;
  };
  let values = 0;
  for (let i = 0; i < 600; i++) {
    const sections = writeVariables().map((section) => ({ ...section, bytes: section.bytes.slice() }));
    const hit = sections[1 + (i % 4)];
    assert.ok(hit);
    const { bytes } = hit;
    if (i < 200) hit.bytes = bytes.slice(0, Math.floor((bytes.length * (i >> 2)) / 50));
    else for (let n = 0; n < 2; n++) bytes[next(bytes.length)] = next(256);
    try {
      const prog = program(writeElfSections(sections));
      const caller = prog.callerRegisters(VARIABLES_CODE + 0x110n, registers, word(prog));
      const callers = [
        { pc: VARIABLES_CODE + 0x220n, lookupPc: VARIABLES_CODE + 0x21fn, registers: caller?.registers ?? [] },
      ];
      for (const local of prog.localsAt(VARIABLES_CODE + 0x110n, { registers, callers }) ?? []) {
        if (formatLocal(prog, local).value !== undefined) values++;
      }
      const type = prog.findType('struct item');
      if (type) formatLayout(type);
      prog.findVariableType('items');
    } catch (e) {
      assert.ok(e instanceof AnalysisError, e instanceof Error ? e.stack : String(e));
    }
  }
  assert.ok(values > 500, `${values} values`);
});
