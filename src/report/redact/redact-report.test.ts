import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeUpReport } from '../../../test/build/made-up-report.ts';
import { type CrashReport, crashReportSchema } from '../crash-report.ts';
import { crashReportBlocks } from '../crash-report-blocks.ts';
import { renderHtml } from '../html/render-html.ts';
import { renderMarkdown } from '../render-markdown.ts';
import { renderText } from '../render-text.ts';
import { schemaProblems } from '../schema-check.ts';
import { redactReport } from './redact-report.ts';

/** What a machine's log and memory tell of it and its users. */
const PLANTED = [
  'db-prod-07',
  'db-prod-07.corp.example.com',
  '10.42.7.19',
  '203.0.113.250',
  '2001:db8:85a3::8a2e:370:7334',
  'fe80::5054:ff:fe12:3456',
  '52:54:00:ab:cd:ef',
  'de-ad-be-ef-00-42',
  '3f2a9c1e-77aa-4b0d-9d2e-0123456789ab',
  'ZX9-SERIAL-4711',
  '5000c500a1b2c3d4',
  'alice.miller',
  'builder77',
  'buildhost9',
  '/srv/customers/ACME/secret.db',
  'Holiday Photos',
  'hunter2',
  'vault.internal',
  'my secret message',
  '/data3/home/builder77',
  'Payroll 2026',
  '/exports/ACME',
  'tenant-blue',
];

const LOG = [
  'Linux version 6.1.0-56-cloud-amd64 (builder77@buildhost9) (gcc-12 (Debian 12.2.0-14) 12.2.0, GNU ld 2.40) #1 SMP',
  'Command line: BOOT_IMAGE=/boot/vmlinuz root=UUID=3f2a9c1e-77aa-4b0d-9d2e-0123456789ab ro quiet crashkernel=256M token=hunter2',
  'usb 1-1: SerialNumber: ZX9-SERIAL-4711',
  'scsi 0:0:0:0: wwn-0x5000c500a1b2c3d4',
  'eth0: 52:54:00:ab:cd:ef at 10.42.7.19, gateway 203.0.113.250, fe80::5054:ff:fe12:3456%eth0',
  'nfs: server vault.internal not responding, 2001:db8:85a3::8a2e:370:7334',
  'cifs: mac de-ad-be-ef-00-42 //db-prod-07/share',
  'EXT4-fs (vda1): re-mounted "/home/alice.miller/Holiday Photos" by alice.miller',
  'audit: exe="/srv/customers/ACME/secret.db" hostname=db-prod-07.corp.example.com addr=10.42.7.19',
  'kernel BUG at mm/slub.c:419!',
  'RIP: 0010:__slab_free+0x118/0x2d0',
  'RSP: 0018:ffffcf3b400d0e38 EFLAGS: 00010246',
  'pci 0000:00:1f.2: BAR 0 [mem 0xfebf0000-0xfebfffff]',
];

function planted(): CrashReport {
  const made = madeUpReport();
  const frames = (made.stack?.frames ?? []).map((f, i) => {
    if (i > 0) return f;
    const local = {
      name: 'text',
      function: 'f',
      parameter: true,
      type: 'char *',
      value: '0xffff888000000010 "my secret message"',
    };
    return { ...f, file: '/data3/home/builder77/linux/mm/slub.c', line: 419, locals: [local] };
  });
  const file = '/mnt/Payroll 2026/sums.db';
  const waited = `rwsem inode.i_rwsem of inode 13 ${file} on vda`;
  const [finding] = made.findings;
  const [resource] = made.waits.resources;
  const [cached] = made.pageCache.files;
  assert.ok(finding && resource && cached);
  return {
    ...made,
    findings: [
      {
        ...finding,
        sentence: { en: `It waits for ${waited}.`, zh: `它在等待 ${waited}。` },
        evidence: [
          { what: { en: 'what PID 12 waits for', zh: 'PID 12 等待的对象' }, value: waited, command: 'waits -t 12' },
        ],
      },
      ...made.findings.slice(1),
    ],
    waits: { ...made.waits, resources: [{ ...resource, path: file }, ...made.waits.resources.slice(1)] },
    pageCache: {
      ...made.pageCache,
      files: [{ ...cached, path: '/exports/ACME/x.img' }, ...made.pageCache.files.slice(1)],
    },
    memoryJudgement: {
      ...made.memoryJudgement,
      groups: [
        ...made.memoryJudgement.groups,
        { path: '/machine/tenant-blue', usage: 1, high: null, max: 2, peak: 2, failures: 0, oom: 0, oomKills: 0 },
      ],
    },
    system: {
      ...made.system,
      nodename: 'db-prod-07',
      commandLine:
        'BOOT_IMAGE=/srv/customers/ACME/secret.db root=UUID=3f2a9c1e-77aa-4b0d-9d2e-0123456789ab panic=1 token=hunter2 ip=10.42.7.19',
    },
    stack: made.stack && { ...made.stack, frames },
    log: {
      ...made.log,
      records: LOG.map((text, i) => ({ timestampNs: `0x${i.toString(16).padStart(16, '0')}`, level: 4, text })),
    },
    missing: [{ what: '/srv/customers/ACME/secret.db', why: 'of alice.miller', remedy: null }],
  };
}

function everyForm(report: CrashReport): [name: string, text: string][] {
  return [
    ['JSON', JSON.stringify(report)],
    ...(['en', 'zh'] as const).flatMap((language): [string, string][] => [
      [`text ${language}`, [...renderText(crashReportBlocks(report, language))].join('')],
      [`Markdown ${language}`, [...renderMarkdown(crashReportBlocks(report, language))].join('').replaceAll('\\', '')],
      [`HTML ${language}`, renderHtml(report, language)],
    ]),
  ];
}

test('nothing that was planted survives, in any form', () => {
  const before = JSON.stringify(planted());
  for (const secret of PLANTED) assert.ok(before.includes(secret), `${secret} was not planted`);
  for (const [name, text] of everyForm(redactReport(planted()))) {
    for (const secret of PLANTED) {
      assert.ok(!text.toLowerCase().includes(secret.toLowerCase()), `${secret} is in the ${name}`);
    }
  }
});

test('what the diagnosis needs stays, and equal things have equal names', () => {
  const report = redactReport(planted());
  assert.deepEqual(schemaProblems(crashReportSchema, report), []);
  const log = report.log.records.map((r) => r.text);
  assert.ok(log.includes('kernel BUG at mm/slub.c:419!'));
  assert.ok(log.includes('RIP: 0010:__slab_free+0x118/0x2d0'));
  assert.ok(log.includes('RSP: 0018:ffffcf3b400d0e38 EFLAGS: 00010246'));
  assert.ok(log.includes('pci 0000:00:1f.2: BAR 0 [mem 0xfebf0000-0xfebfffff]'));
  assert.ok(log[0]?.startsWith('Linux version 6.1.0-56-cloud-amd64 ('));
  assert.match(log[0] ?? '', /gcc-12 \(Debian 12\.2\.0-14\) 12\.2\.0, GNU ld 2\.40/);
  assert.match(report.stack?.frames[0]?.file ?? '', /^path-\d+\/mm\/slub\.c$/);
  const root = /root=(value-\d+)/;
  assert.equal(root.exec(log[1] ?? '')?.[1], root.exec(report.system.commandLine ?? '')?.[1]);
  assert.match(report.system.commandLine ?? '', /panic=1/);
  const [, host] = /server (\S+) not/.exec(log[5] ?? '') ?? [];
  assert.match(host ?? '', /^host-\d+$/);
  assert.equal(report.crash.function, planted().crash.function);
});

test('addresses of the kernel go only when that is asked for', () => {
  const made = planted();
  const pc = made.stack?.frames[0]?.pc ?? '';
  assert.ok(JSON.stringify(redactReport(made)).includes(pc));
  const report = redactReport(made, { all: true });
  assert.deepEqual(schemaProblems(crashReportSchema, report), []);
  for (const [name, text] of everyForm(report)) {
    assert.ok(!text.includes(pc.slice(2)), `${pc} is in the ${name}`);
    assert.ok(!text.includes('ffffcf3b400d0e38'), name);
    assert.ok(text.includes('+0x118/0x2d0'), name);
  }
  assert.equal(report.stack?.frames[0]?.pc.length, 18);
});

test('a hostile text takes no time', () => {
  const made = planted();
  const nasty = [
    'a.'.repeat(20000),
    '1:'.repeat(20000),
    '/'.repeat(40000),
    '"'.repeat(20000),
    `${'a'.repeat(30000)}@`,
    'x='.repeat(20000),
  ];
  const records = nasty.map((text) => ({ timestampNs: '0x0000000000000000', level: 4, text: `command line: ${text}` }));
  const start = performance.now();
  redactReport({ ...made, log: { ...made.log, records } });
  assert.ok(performance.now() - start < 4000, `${performance.now() - start} ms`);
});
