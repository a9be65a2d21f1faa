import { existsSync, globSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { machines } from '../../src/fault/machines.ts';
import { type OpenedDump, openDump } from '../../src/node/open-dump.ts';
import type { RankedFinding } from '../../src/report/finding-data.ts';
import { FullSession } from '../../src/session/full-session.ts';
import { makeReport } from '../../src/session/make-report.ts';
import { checkEvidence } from './check-evidence.ts';
import { EXPECTED, withoutData } from './expected.ts';
import { EXPECTED_CHECKED } from './expected-checked.ts';
import { EXPECTED_DRIVERS } from './expected-drivers.ts';
import { EXPECTED_OPERATIONS } from './expected-operations.ts';
import { judge } from './judge.ts';

/**
 * The report of every dump of the lab against what its scenario planted: a line each with the top finding. `--evidence` runs
 * the command of each piece of evidence too and looks for the value in its answer.
 * Arguments: names or globs of dumps; `--verbose` prints every finding's title.
 */
const lab = process.env.INQUEST_LAB || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'inquest', 'lab');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    evidence: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    lab: { type: 'string', default: join(lab, 'dumps') },
  },
});

interface Meta {
  readonly files?: readonly string[];
  readonly scenario?: string;
  readonly cmdline?: string;
}

const wanted = positionals.length > 0 ? positionals : ['*'];
const dumps = [...new Set(wanted.flatMap((w) => globSync(join(values.lab, w, 'meta.json'))))].map(dirname).sort();
let right = 0;
let wrong = 0;
let damaged = 0;
let checked = 0;
let unproved = 0;
const notes: string[] = [];

console.log(`${'dump'.padEnd(30)} ${'CPU ms'.padStart(6)}  ${'verdict'.padEnd(7)} top finding`);
for (const dir of dumps) {
  const meta = JSON.parse(readFileSync(join(dir, 'meta.json'), 'utf8')) as Meta;
  const files = (meta.files ?? ['vmcore']).map((f) => join(dir, f)).filter((f) => existsSync(f));
  const mode = /lab\.mode=(\w+)/.exec(meta.cmdline ?? '')?.[1] ?? meta.scenario ?? '';
  if (files.length > 0) await diagnoseDump(basename(dir), files, mode);
}
const evidence = values.evidence ? `; evidence: ${checked} values checked, ${unproved} not in the answer` : '';
console.log(`\n${dumps.length} dumps: ${right} right, ${wrong} wrong or missing, ${damaged} cut off${evidence}`);
if (notes.length > 0) console.log(`\n${notes.join('\n')}`);
process.exitCode = dumps.length > 0 && wrong === 0 && unproved === 0 ? 0 : 1;

async function diagnoseDump(name: string, files: readonly string[], mode: string): Promise<void> {
  const start = process.cpuUsage();
  let dump: OpenedDump | undefined;
  try {
    dump = await openDump([...files]);
    const report = makeReport(dump.program);
    const used = process.cpuUsage(start);
    const cpu = Math.round((used.user + used.system) / 1000);
    const cut = dump.program.image.problems.length > 0 || /-cut-/.test(name);
    const stated =
      (name.includes('-kasan-') ? EXPECTED_CHECKED[mode] : undefined) ??
      EXPECTED[mode] ??
      EXPECTED_OPERATIONS[mode] ??
      EXPECTED_DRIVERS[mode];
    const expected = stated && dump.program.findSymbol('_end') === undefined ? withoutData(stated) : stated;
    const { arch } = dump.program;
    const walks = arch.instructionSet !== undefined && arch.instructionSet in machines && dump.program.has('types');
    const told = expected?.member === undefined || dump.program.findMember(...expected.member) !== undefined;
    const faults = expected
      ? judge(report.findings, walks && told ? expected : (expected.plain ?? expected))
      : [`no expectation for mode '${mode}'`];
    const verdict = faults.length === 0 ? 'right' : cut ? 'cut' : 'WRONG';
    if (faults.length === 0) right++;
    else if (cut) damaged++;
    else wrong++;
    console.log(`${name.padEnd(30)} ${String(cpu).padStart(6)}  ${verdict.padEnd(7)} ${topText(report.findings)}`);
    for (const fault of faults) notes.push(`${name}: ${fault}`);
    for (const p of report.problems ?? []) if (p.what.startsWith('rule ')) notes.push(`${name}: ${p.what}: ${p.why}`);
    if (values.verbose) for (const f of report.findings) console.log(`${' '.repeat(47)}${f.severity} ${f.title.en}`);
    if (!values.evidence) return;
    const session = new FullSession(dump.program, { dumpNames: files.map((f) => basename(f)) });
    const check = checkEvidence(session, report.findings);
    checked += check.checked;
    unproved += check.wrong.length;
    for (const fault of check.wrong) notes.push(`${name}: ${fault}`);
  } catch (e) {
    wrong++;
    notes.push(`${name}: FAILED ${(e as Error).stack}`);
  } finally {
    dump?.close();
  }
}

function topText(findings: readonly RankedFinding[]): string {
  const [top] = findings;
  if (!top) return '(none)';
  const { function: name, module, cache, address } = top.subject ?? {};
  const subject = [name, module && `[${module}]`, cache, address].filter(Boolean).join(' ');
  return `${top.title.en} (${top.confidence})${subject === '' ? '' : `: ${subject}`}`;
}
