import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { TestKernel } from '../../test/build/test-program.ts';
import { x86_64 } from '../arch/x86-64.ts';
import { nodeCodecs } from '../node/codecs.ts';
import type { Program } from '../program/program.ts';
import { kernelConfig } from './ikconfig.ts';

const AT = TestKernel.BASE + 0x1000n;
const TEXT = '# Linux/x86 6.1.0 Kernel Configuration\nCONFIG_SMP=y\n# CONFIG_PREEMPT is not set\n';

function kernel(marked: boolean, damage = false): Program {
  const packed = gzipSync(TEXT);
  if (damage) packed[12] = 0xff;
  const bytes = Buffer.concat([Buffer.from(marked ? 'IKCFG_ST' : ''), packed, Buffer.from('IKCFG_ED')]);
  const k = new TestKernel();
  k.fill(AT, bytes.length + 8);
  const padded = Buffer.concat([bytes, Buffer.alloc(8)]);
  for (let i = 0; i + 8 <= padded.length; i += 8) k.word(AT + BigInt(i), padded.readBigUInt64LE(i));
  k.symbol('kernel_config_data', AT, bytes.length, 'r');
  if (!marked) k.symbol('kernel_config_data_end', AT + BigInt(packed.length), 0, 'r');
  const prog = k.program(x86_64);
  prog.codecs = nodeCodecs();
  return prog;
}

test('the configuration is between two symbols, or (before 5.1) between its marks', () => {
  const lines = TEXT.trimEnd().split('\n');
  assert.deepEqual(kernelConfig(kernel(false)), lines);
  assert.deepEqual(kernelConfig(kernel(true)), lines);
});

test('a kernel without it, and damage, are told apart', () => {
  const bare = new TestKernel().program(x86_64);
  assert.throws(() => kernelConfig(bare), { code: 'not-found' });
  assert.throws(() => kernelConfig(kernel(false, true)), { code: 'bad-data' });
});
