import { appendFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formsOf } from './forms.ts';
import {
  debugDumps,
  dumpsOfLab,
  type FuzzCase,
  type FuzzDump,
  type FuzzDumps,
  fuzzCase,
  kernelLogs,
  RUN,
  sampleDumps,
} from './plan.ts';
import { runCases, type Watched } from './pool.ts';
import { Summary } from './summary.ts';

/** `npm run fuzz`: damages dumps and sees that every one gives answers, errors with a reason, and an end. */
const USAGE = `npm run fuzz -- [options]

Damages dumps, debug files and logs in all forms, and asks each for the report and some commands. Exit status 1 when one
of them ends in anything but an answer or an error with a reason, takes over 20 s of CPU time, or over 512 MiB of memory.

  --cases n        so many cases, 3000 by default
  --from n         from this one on; the same number is the same case as long as the dumps are the same
  --stride n       of every n-th dozen of cases only: a few cases of everything
  --seconds n      begin no case after so long
  --workers n      processes, 2 by default
  --only kind      one kind of damage: cut, header, data, page-tables, lists ... (test/fuzz/README.md)
  --dump text      only cases on dumps with this text in their name
  --lab glob       dumps of the lab that are damaged too (several times); some of every format by default
  --bare           the samples alone: no other forms, nothing of the lab
  --forms folder   where the samples' other forms are made and kept
  --save file      append results to this file
  --sum file       no cases: the summary of what was saved, of several runs (several times)
  --peers n        no cases: crash and drgn on the same damaged samples, n of each kind, from --from on; with --dump of one
`;

const LAB = [
  ...['amd64-6.1-kexec-d31-{elf,lzo,none,snappy,zstd}', 'amd64-6.1-kexec-flat-{elf,zlib}', 'amd64-6.1-kexec-split'],
  ...['amd64-6.1-kexec-rawelf', 'amd64-6.1-null-elf', 'amd64-6.1-null-elf-paging', 'arm64-6.1-rcuinode-elf'],
  ...['amd64-5.10-null', 'amd64-sid-null', 'arm64-6.12-16k-null', 'arm64-sid-null'],
];
const DEBUG = ['amd64-6.1-null', 'arm64-6.1-null', 'amd64-6.12-null', 'amd64-5.10-null'];
const LOGS = ['amd64-6.1-{null,oom,abba,spin}', 'amd64-sid-overflow', 'arm64-6.1-rcuinode', 'arm64-sid-softfault'];

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    cases: { type: 'string', default: '3000' },
    from: { type: 'string', default: '0' },
    stride: { type: 'string', default: '1' },
    seconds: { type: 'string' },
    workers: { type: 'string', default: '2' },
    only: { type: 'string' },
    dump: { type: 'string' },
    lab: { type: 'string', multiple: true },
    bare: { type: 'boolean', default: false },
    forms: { type: 'string', default: join(tmpdir(), 'inquest-fuzz') },
    save: { type: 'string' },
    sum: { type: 'string', multiple: true },
    peers: { type: 'string' },
  },
});

function findDumps(): FuzzDumps {
  const samples = sampleDumps();
  if (values.bare) return { samples, forms: [], lab: [], debug: [], logs: kernelLogs([]) };
  const forms = formsOf(samples, values.forms);
  return { samples, forms, lab: dumpsOfLab(values.lab ?? LAB), debug: debugDumps(DEBUG), logs: kernelLogs(LOGS) };
}

/** The cases that are asked for, those on the same dump together. */
function* cases(dumps: FuzzDumps): Generator<FuzzCase[]> {
  const from = Number(values.from);
  const count = Number(values.cases);
  const until = values.seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(values.seconds) * 1000;
  const chosen = ({ kind, dump }: FuzzCase): boolean =>
    (values.only === undefined || kind === values.only) &&
    (values.dump === undefined || dump.name.includes(values.dump));
  let list: FuzzCase[] = [];
  // With a choice, the plan may never have so many.
  const end = values.only === undefined && values.dump === undefined ? from + count : from + 100_000;
  for (let n = from, left = count; left > 0 && n < end && Date.now() < until; n++) {
    const one = fuzzCase(dumps, Math.floor(n / RUN) * Number(values.stride) * RUN + (n % RUN));
    if (!chosen(one)) continue;
    left--;
    if (list.length > 0 && list[0]?.dump !== one.dump) {
      yield list;
      list = [];
    }
    list.push(one);
  }
  if (list.length > 0) yield list;
}

async function runAll(): Promise<number> {
  const summary = new Summary();
  if (values.sum) {
    for (const file of values.sum)
      for (const line of readFileSync(file, 'utf8').trim().split('\n')) summary.add(JSON.parse(line) as Watched);
  } else {
    const dumps = findDumps();
    for (const [kind, list] of Object.entries<readonly FuzzDump[]>({ ...dumps }))
      console.log(`${kind}: ${list.map((d) => d.name).join(' ')}`);
    await runCases(cases(dumps), Number(values.workers), (watched) => {
      summary.add(watched);
      if (values.save !== undefined) appendFileSync(values.save, `${JSON.stringify(watched)}\n`);
      for (const line of summary.takeBad()) console.log(line);
    });
  }
  for (const line of [...summary.takeBad(), ...summary.lines()]) console.log(line);
  return summary.failed ? 1 : 0;
}

async function runPeers(each: number): Promise<number> {
  const { comparePeers } = await import('./peers.ts');
  const samples = sampleDumps().filter((d) => values.dump === undefined || d.name.includes(values.dump));
  const only = (kind: string): boolean => values.only === undefined || kind === values.only;
  const options = { each, from: Number(values.from), samples, forms: values.forms, only };
  for await (const line of comparePeers(options)) console.log(line);
  return 0;
}

if (values.help) console.log(USAGE);
else process.exitCode = values.peers === undefined ? await runAll() : await runPeers(Number(values.peers));
