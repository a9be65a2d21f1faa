import { existsSync, globSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { findCrashSite } from '../../src/diagnosis/crash-site.ts';
import { findFatalLine } from '../../src/diagnosis/fatal-log.ts';
import { openCase } from '../../src/diagnosis/open-case.ts';
import { toldCrash } from '../../src/diagnosis/told-crash.ts';
import { openDump } from '../../src/node/open-dump.ts';
import type { Program } from '../../src/program/program.ts';
import { makeReport } from '../../src/session/make-report.ts';
import { parseConsole } from './console.ts';
import { effectiveAddress } from './effective-address.ts';

/**
 * Holds what the console log of each lab dump says of the crash (title, culprit, fault address, trace) against the stack
 * that is unwound from the dump's memory: the names of the functions, and the address by the trapping instruction.
 * Exits with 1 when one differs. Arguments: names or globs of dumps.
 */
const lab = process.env.INQUEST_LAB || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'inquest', 'lab');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { lab: { type: 'string', default: join(lab, 'dumps') } },
});
const wanted = positionals.length > 0 ? positionals : ['*'];
const dumps = [...new Set(wanted.flatMap((w) => globSync(join(values.lab, w, 'console.log'))))].map(dirname).sort();

/** Kinds whose fault has an address. */
const PAGE_FAULTS = new Set(['null-deref', 'page-fault']);

interface Row {
  readonly dump: string;
  readonly title: string;
  readonly signature: string;
  readonly wrong: readonly string[];
  readonly absent?: string;
}

async function compareOops(folder: string): Promise<Row> {
  const dump = basename(folder);
  const files = globSync(join(folder, 'vmcore*'))
    .filter((f) => existsSync(f))
    .sort();
  const console = parseConsole(readFileSync(join(folder, 'console.log'), 'utf8'));
  const told = findFatalLine(console.kernel.map((l) => l.text))?.dying;
  if (!told) return { dump, title: '-', signature: '-', wrong: [], absent: 'the console shows no report' };
  const { program: prog, close } = await openDump(files);
  try {
    return { dump, title: told.title, signature: told.signature, ...compare(prog, told) };
  } catch (e) {
    return {
      dump,
      title: told.title,
      signature: told.signature,
      wrong: [],
      absent: e instanceof Error ? e.message : String(e),
    };
  } finally {
    close();
  }
}

type Told = NonNullable<ReturnType<typeof findFatalLine>>['dying'];

function compare(prog: Program, told: Told): Pick<Row, 'wrong' | 'absent'> {
  const of = openCase(prog);
  // Of a file that is cut off, what is left of the stack may end anywhere.
  const cut = of.stack?.stopped !== undefined ? prog.image.problems[0] : undefined;
  if (cut !== undefined || !of.stack || of.stack.frames.length === 0)
    return { wrong: [], absent: cut ?? prog.image.problems[0] ?? 'no stack in memory' };
  const stuck = told.kind.endsWith('lockup') || told.kind.endsWith('stall');
  const memory = toldCrash(told, of.stack, findCrashSite(of.stack, stuck));
  const wrong: string[] = [];
  if (!memory || ![told.title, ...told.altTitles].includes(memory.title))
    wrong.push(`title: memory says "${memory?.title}"`);
  if (memory?.signature !== told.signature) wrong.push(`signature: memory says ${memory?.signature}`);
  const d = memory?.disagreement;
  if (d) wrong.push(`trace: only log [${d.onlyInLog.join(' ')}], only memory [${d.onlyInMemory.join(' ')}]`);
  if (PAGE_FAULTS.has(told.kind) && of.crashed) {
    const address = faultAddress(prog);
    if (told.fault?.address !== address) wrong.push(`fault address: log ${told.fault?.address}, memory ${address}`);
  }
  return { wrong };
}

/** Where the trapping instruction accessed memory, by its operand and the registers that the exception saved. */
function faultAddress(prog: Program): string | undefined {
  const { site } = openCase(prog);
  const trap = makeReport(prog).crash.code?.instructions.find((i) => i.trap);
  if (!site) return undefined;
  const called = `0x${BigInt(site.pc).toString(16)}`;
  if (!trap || site.symbol === null) return called;
  return effectiveAddress(trap.text, site.registers ?? {}) ?? called;
}

let wrong = 0;
let compared = 0;
for (const folder of dumps) {
  const row = await compareOops(folder);
  const state = row.absent !== undefined ? 'cannot be had' : row.wrong.length > 0 ? 'DIFFERS' : 'equal';
  if (row.absent === undefined) compared++;
  if (row.wrong.length > 0) wrong++;
  console.log(`${row.dump.padEnd(32)} ${state.padEnd(14)} ${row.signature.padEnd(17)} ${row.title}`);
  for (const line of row.wrong) console.log(`    ${line}`);
  if (row.absent !== undefined) console.log(`    ${row.absent}`);
}
console.log(`${dumps.length} dumps, ${compared} compared, ${wrong} differ`);
process.exitCode = wrong > 0 || compared === 0 ? 1 : 0;
