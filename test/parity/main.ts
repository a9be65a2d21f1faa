import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Accepted, acceptedLists } from './accepted.ts';
import { commandLines } from './command-lines.ts';
import { compareLines, trimmed } from './compare.ts';
import { CrashAnswers } from './crash-answers.ts';
import { crashText } from './crash-failures.ts';
import { ExplainedLines } from './explained-lines.ts';
import { type LabDump, lab, labDumps } from './lab-dumps.ts';
import { withObjects } from './objects.ts';
import { OwnProcess } from './own-process.ts';
import { sideBySide } from './side-by-side.ts';
import { Tally } from './tally.ts';

/** Runs every command in crash and here on the dumps of the lab and compares; README.md tells how to use it. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    commands: { type: 'string', default: '' },
    lines: { type: 'string', default: '' },
    diff: { type: 'boolean', default: false },
    slow: { type: 'boolean', default: false },
    show: { type: 'boolean', default: false },
    explained: { type: 'boolean', default: false },
  },
});

const wanted = new RegExp(`^(?:${values.commands || '.*'})$`);
const matching = new RegExp(values.lines);
const lines = commandLines.filter((l) => wanted.test(l.command) && matching.test(l.line));
const accepted: readonly Accepted[] = [...(await acceptedLists()).values()].flat();
const { dumps, without } = labDumps(positionals.length > 0 ? positionals : ['*']);
const total = new Tally();
const explained = new ExplainedLines();
const cannot: string[] = [];

async function compareDump(dump: LabDump): Promise<void> {
  const program = join(lab, 'peers', dump.arch === 'arm64' ? 'crash-arm64-sid' : 'crash-sid');
  const crash = new CrashAnswers(dump, join(lab, 'parity'), program);
  const own = new OwnProcess(dump);
  const tally = new Tally();
  try {
    for (const { command, line: template, after } of lines) {
      if (tally.cannotOpen) break;
      await compareOne(dump, crash, own, tally, command, template, after);
    }
  } finally {
    crash.close();
    own.close();
  }
  if (tally.cannotOpen) cannot.push(`${dump.name}: crash cannot open it: ${crash.refusal}`);
  else
    console.log(
      `${dump.name.padEnd(34)} ${tally.summary()}${crash.asked > 0 ? `  (crash was asked ${crash.asked})` : ''}`,
    );
  total.add(tally);
}

async function compareOne(
  dump: LabDump,
  crash: CrashAnswers,
  own: OwnProcess,
  tally: Tally,
  command: string,
  template: string,
  after: readonly string[] | undefined,
): Promise<void> {
  const line = await withObjects(template, async (l) => (await crash.answer(l))?.lines ?? []);
  if (line === undefined) return tally.noObject(command);
  const answer = await crash.answer(line, after);
  if (!answer) {
    tally.cannotOpen = true;
    return;
  }
  const { lines: theirs, failure } = crashText(line, answer);
  const expected = trimmed(theirs);
  if (values.show) console.log(`== ${dump.name}: ${line}${failure ? `  [${failure}]` : ''}\n${theirs.join('\n')}`);
  if (expected.length === 0) return tally.crashHasNothing(command, failure);
  const before = performance.now();
  const mine = await own.ask(line);
  const time = performance.now() - before;
  for (const undo of after ?? []) await own.ask(undo);
  const compared = compareLines(line, expected, trimmed(mine.lines), accepted, (entry, gone, more) =>
    explained.add(line, entry, gone, more),
  );
  tally.compared(command, compared, mine.error, failure, time);
  if (values.slow && time > 1000) console.log(`${Math.round(time)} ms: ${line}`);
  if (values.diff && compared.unexplained > 0) {
    console.log(`\n== ${dump.name}: ${line}${failure ? `  [crash: ${failure}]` : ''}`);
    if (mine.error !== undefined) console.log(`   ours: ${mine.error}`);
    console.log(sideBySide(compared.places));
  }
}

for (const dump of dumps) await compareDump(dump);
if (values.explained) console.log(explained.text());
console.log(`\n${total.table()}`);
for (const text of cannot) console.log(text);
if (without.length > 0)
  console.log(`no vmlinux for ${without.length} dumps: ${without.join(' ')} (npm run lab -- debug)`);
console.log(`\n${dumps.length} dumps x ${lines.length} command lines: ${total.summary()}`);
process.exitCode = dumps.length > 0 && total.unexplained === 0 ? 0 : 1;
