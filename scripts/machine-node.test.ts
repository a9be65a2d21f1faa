import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { machineNode } from './machine-node.ts';

test("the machine's Node: npm's own first, then PATH without node_modules, then the running one", (t) => {
  const root = mkdtempSync(join(tmpdir(), 'machine-node-'));
  t.after(() => rmSync(root, { recursive: true }));
  const place = (folder: string) => {
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, folder, 'node'), '');
    chmodSync(join(root, folder, 'node'), 0o755);
    return join(root, folder);
  };
  const hidden = place('node_modules/.bin');
  const own = place('bin');
  const other = place('other');
  assert.equal(machineNode({ PATH: `${hidden}:${own}:${other}` }), join(own, 'node'));
  assert.equal(machineNode({ PATH: `${hidden}:${own}`, npm_node_execpath: join(other, 'node') }), join(other, 'node'));
  assert.equal(machineNode({ PATH: own, npm_node_execpath: join(root, 'gone') }), join(own, 'node'));
  assert.equal(machineNode({ PATH: hidden }), process.execPath);
});
