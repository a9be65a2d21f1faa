import { parseArgs } from 'node:util';
import { type FuzzCase, fuzzCase, fuzzDumps } from './plan.ts';
import { runCases } from './pool.ts';
import { Summary } from './summary.ts';

/** `npm run fuzz`: damages dumps and sees that every one gives answers, errors with a reason, and an end. */
const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '3000' },
    from: { type: 'string', default: '0' },
    dumps: { type: 'string', multiple: true },
    only: { type: 'string' },
    seconds: { type: 'string' },
    workers: { type: 'string', default: '2' },
    peers: { type: 'string' },
    'peers-dump': { type: 'string', default: 'amd64-6.1-kexec-d31-zlib' },
  },
});

const USUAL = [
  ...['amd64-6.1-kexec-d31-{elf,lzo,none,snappy,zstd}', 'amd64-6.1-kexec-flat-{elf,zlib}', 'amd64-6.1-kexec-split'],
  ...[
    'amd64-6.1-null-elf',
    'arm64-6.1-rcuinode-elf',
    'amd64-5.10-null',
    'amd64-sid-null',
    'arm64-6.12-16k-null',
    'arm64-sid-null',
  ],
];

const dumps = fuzzDumps(values.dumps ?? USUAL);
const from = Number(values.from);
const until = values.seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(values.seconds) * 1000;

function* cases(): Generator<FuzzCase> {
  for (let n = from, left = Number(values.cases); left > 0 && Date.now() < until; n++) {
    const one = fuzzCase(dumps, n);
    if (values.only !== undefined && one.kind !== values.only) continue;
    left--;
    yield one;
  }
}

console.log(`${dumps.length} dumps: ${dumps.map((d) => d.name).join(' ')}`);
const summary = new Summary();
let done = 0;
await runCases(cases(), Number(values.workers), (watched) => {
  summary.add(watched);
  for (const line of summary.takeBad()) console.log(line);
  if (++done % 100 === 0) console.log(`... ${done}`);
});
for (const line of summary.lines()) console.log(line);
if (values.peers !== undefined) {
  const { comparePeers } = await import('./peers.ts');
  for await (const line of comparePeers(Number(values.peers), values['peers-dump'])) console.log(line);
}
process.exitCode = summary.failed ? 1 : 0;
