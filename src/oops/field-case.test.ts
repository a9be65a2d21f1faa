import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readLines } from '../log/read-lines.ts';
import { findReports } from './find-reports.ts';
import { judgeLog } from './main-report.ts';
import type { OopsReport } from './oops-report.ts';

/** A WARNING of kswapd, then an oops in an RCU softirq: what an arm64 kernel 4.19 printed; one long line is wrapped. */
const text = readFileSync(join(import.meta.dirname, '../../test/fixtures/dentry-and-slab-arm64-4.19.txt'), 'utf8');
const split = text.indexOf('[201866.936912]');

function reportsOf(log: string): OopsReport[] {
  return findReports(readLines(new TextEncoder().encode(log)));
}

test('both reports, with prose around them', () => {
  const log = `# A case\n\n## dmesg\n\n\`\`\`c\n${text.slice(0, split)}\`\`\`\n\nmany copies of it\n\n\`\`\`c\n${text.slice(split)}\`\`\`\nand the end\n`;
  assert.deepEqual(
    reportsOf(log).map((r) => [r.kind, r.title, r.corrupted]),
    [
      ['warning', 'WARNING in dentry_free', false],
      ['null-deref', 'BUG: unable to handle kernel NULL pointer dereference in ext4_i_callback', false],
    ],
  );
});

test('the fault, decoded', () => {
  const oops = reportsOf(text.slice(split))[0] as OopsReport;
  assert.equal(oops.fault?.address, '0xd0');
  assert.equal(oops.fault?.access, 'read');
  assert.equal(oops.fault?.reason, 'data abort, current EL: level 1 translation fault');
  assert.deepEqual(
    oops.fault?.fields.map((f) => `${f.name}=${f.value}`),
    ['EC=0x25', 'IL=1', 'ISS=0x5', 'ISV=0', 'SET=0', 'FnV=0', 'EA=0', 'CM=0', 'S1PTW=0', 'WnR=0', 'DFSC=0x5'],
  );
  assert.deepEqual(oops.fault?.pageTable, [
    { level: 'pgd', value: '000000014eba4003' },
    { level: 'pud', value: '0000000000000000' },
  ]);
  assert.equal(oops.registers.x0, '0000000000000000');
  assert.deepEqual(oops.code, { units: ['9a820000', 'f9400c00', 'eb0002bf', '54fff980', 'f9406801'], trap: 4 });
});

test('where, by whom, and on top of what', () => {
  const oops = reportsOf(text.slice(split))[0] as OopsReport;
  const frames = oops.traces[oops.mainTrace ?? 0]?.frames ?? [];
  assert.deepEqual(
    frames.slice(0, 2).map((f) => [f.function, f.offset, f.size]),
    [
      ['kmem_cache_free', 0xfc, 0x1c8],
      ['ext4_i_callback', 0x18, 0x20],
    ],
  );
  assert.equal(oops.context?.kind, 'softirq');
  assert.equal(oops.context?.irqStack, true);
  assert.deepEqual(oops.context?.interrupted, { function: 'clear_page', during: 'user page fault' });
  assert.deepEqual(oops.reporter.pid, 29060);
  assert.equal(oops.reporter.comm, 'Isolated Web Co');
  assert.equal(oops.reporter.taint?.letters, 'WO');
  assert.equal(oops.reporter.release, '4.19.0-arm64-desktop');
  const outOfTree = oops.modules.filter((m) => m.flags.includes('O')).map((m) => m.name);
  assert.deepEqual(outOfTree, [
    'cifs',
    'dlp_fcore',
    'vfs_monitor',
    'clink_vhci_hcd',
    'clink_usbip_core',
    'uos_resources',
    'uos_bluetooth_connection_control',
  ]);
  assert.deepEqual(
    reportsOf(text.slice(0, split))[0]?.modules.map((m) => m.name),
    oops.modules.map((m) => m.name),
  );
});

test('146 copies of the warning are one entry before the oops', () => {
  const copies = Array.from({ length: 146 }, (_, i) => {
    const cpu = i < 100 ? 2 : 6;
    return text
      .slice(0, split)
      .replaceAll('[201866.', `[${201000 + i}.`)
      .replaceAll('CPU: 2 ', `CPU: ${cpu} `);
  });
  const noise = 'a driver: this file format is not right\n'.repeat(3);
  const verdict = judgeLog(reportsOf(copies.join(noise) + text.slice(split)));
  assert.equal(verdict.main?.kind, 'null-deref');
  assert.equal(verdict.total, 147);
  const [warnings, oops] = verdict.chain;
  assert.equal(warnings?.count, 146);
  assert.equal(Math.floor(warnings?.firstSeconds ?? 0), 201000);
  assert.equal(Math.floor(warnings?.lastSeconds ?? 0), 201145);
  assert.deepEqual(warnings?.cpus, [2, 6]);
  assert.deepEqual(warnings?.tasks, [{ pid: 67, comm: 'kswapd0' }]);
  assert.equal(oops?.count, 1);
});
