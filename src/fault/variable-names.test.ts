import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { nameConstant, nameVariable } from './variable-names.ts';

test("a module's variables without symbols are places of the module, not of its last function", () => {
  const memory = new KernelMemory();
  const head = memory.symbol('modules', memory.alloc(16));
  const module = memory.allocPage();
  const base = memory.alloc(0x2000, 4096);
  memory.type('module', 512, {
    ...{ state: [0, 4], list: 8, name: [24, 56], taints: 80, refcnt: [88, 4], source_list: 96, version: 112 },
    ...{ srcversion: 120, core_layout: 200, 'core_layout.base': 200, 'core_layout.size': [208, 4] },
    'core_layout.text_size': [212, 4],
  });
  memory.text(module + 24n, 'mod');
  memory.u32(module + 88n, 1);
  memory.circle(module + 96n);
  memory.u64(module + 200n, base);
  memory.u32(module + 208n, 0x2000);
  memory.u32(module + 212n, 0x1000);
  memory.circle(head, module + 8n);
  memory.kernel.symbol('last', base + 0x100n, 0x2000, 't', 'mod');
  const prog = memory.program();
  assert.equal(nameConstant(prog, base + 0x1738n).text, 'mod+0x1738');
  assert.equal(nameVariable(prog, base + 0x1738n, 8).text, '*(mod+0x1738)');
  assert.equal(nameConstant(prog, base + 0x100n).text, '&last');
  assert.equal(nameConstant(prog, base + 0x180n).text, '&last + 0x80', 'code behind the last function');
  memory.kernel.symbols.length = 0;
  memory.kernel.symbol('counter', base + 0x1738n, 8, 'd', 'mod');
  assert.equal(nameVariable(memory.program(), base + 0x1738n, 8).text, 'counter');
});
