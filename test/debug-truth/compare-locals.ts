import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuRegisters } from '../../src/kernel/cpu-registers.ts';
import { HostDebugInfo } from '../../src/node/debug-info.ts';
import { openDump } from '../../src/node/open-dump.ts';
import type { LocalVariable } from '../../src/program/ports.ts';
import type { Program } from '../../src/program/program.ts';
import { FullSession } from '../../src/session/full-session.ts';
import { unwindTask } from '../../src/unwind/unwind-task.ts';
import { type PeerCall, type PeerFrame, type PeerVariable, parseDrgnFrames } from './drgn-text.ts';
import type { DumpInput } from './inputs.ts';
import type { Outcome } from './outcome.ts';
import { askPeer, type PeerCommand } from './peer.ts';
import { writePlainDump } from './plain-dump.ts';

interface OwnCall {
  readonly pc: bigint;
  readonly variables: readonly LocalVariable[];
  /** What the debug information says of the return address itself, where the call has returned. */
  readonly returned: readonly LocalVariable[];
}

/** The variables of every frame of the crashed task against drgn's. Adds to `into`; false when drgn cannot open the dump. */
export async function compareLocals(dump: DumpInput, drgn: PeerCommand, into: Outcome): Promise<boolean> {
  const theirs = await drgnCalls(dump, drgn);
  if (theirs.length === 0) return false;
  const { program, close } = await openDump(dump.files);
  const debug = new HostDebugInfo(program, { given: [dump.vmlinux, ...dump.modules], usual: false, force: false });
  try {
    await debug.start();
    pair(ownCalls(program, dump.files), theirs, dump.name, into);
  } finally {
    debug.close();
    close();
  }
  return true;
}

async function drgnCalls(dump: DumpInput, drgn: PeerCommand): Promise<PeerCall[]> {
  const folder = mkdtempSync(join(tmpdir(), 'inquest-locals-'));
  try {
    const plain = join(folder, 'vmcore');
    writePlainDump(dump.files[0] as string, plain, dump.release, dump.machine);
    const script = join(import.meta.dirname, 'drgn-locals.py');
    return parseDrgnFrames(await askPeer(drgn, [script, plain, dump.vmlinux, ...dump.modules]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function ownCalls(prog: Program, files: readonly string[]): OwnCall[] {
  const session = new FullSession(prog, { dumpNames: files });
  const data = session.run('bt')?.data as { tasks: { task: string; cpu: number }[] } | undefined;
  const task = data?.tasks[0];
  if (!task) return [];
  const registers = cpuRegisters(prog, task.cpu);
  const { frames } = unwindTask(prog, BigInt(task.task), {
    cpu: task.cpu,
    ...(registers && { registers }),
    recover: true,
  });
  return frames.map((f, i) => {
    const callers = frames.slice(i + 1).map((o) => ({ pc: o.pc, lookupPc: o.lookupPc, registers: o.known }));
    const at = (pc: bigint): readonly LocalVariable[] =>
      f.user ? [] : (prog.localsAt(pc, { registers: f.known, callers }) ?? []);
    return { pc: f.pc, variables: at(f.lookupPc), returned: f.pc === f.lookupPc ? [] : at(f.pc) };
  });
}

/** Calls of the same place, in the order of the stacks; what only one side has is told. */
function pair(ours: readonly OwnCall[], theirs: readonly PeerCall[], dump: string, into: Outcome): void {
  let next = 0;
  const missing = new Set<string>();
  for (const call of theirs) {
    const found = ours.findIndex((o, i) => i >= next && o.pc === call.pc);
    if (found < 0) {
      const variables = call.functions.reduce((n, f) => n + f.variables.length, 0);
      if (variables > 0) missing.add(call.functions.at(-1)?.function ?? '');
      continue;
    }
    next = found + 1;
    compareCall(ours[found] as OwnCall, call, dump, into);
  }
  if (missing.size > 0) into.notes.push(`${dump}: frames that drgn alone has: ${[...missing].join(' ')}`);
}

function compareCall(own: OwnCall, peer: PeerCall, dump: string, into: Outcome): void {
  const left = [...own.variables];
  const returned = [...own.returned];
  for (const f of peer.functions) {
    for (const theirs of f.variables) {
      const ours = take(left, theirs.name, f);
      judgeVariable(ours, take(returned, theirs.name, f), theirs, `${dump} ${f.function}`, into);
    }
  }
}

/**
 * Removes and returns the variable that drgn means: of several of one name it has the innermost, and ours are listed from
 * the outermost block on; but where a function is inlined into itself, each instance has its own.
 */
function take(from: LocalVariable[], name: string, f: PeerFrame): LocalVariable | undefined {
  let at = -1;
  from.forEach((v, i) => {
    if (v.name === name && sameFunction(v.function, f.function) && (at < 0 || !f.inlined)) at = i;
  });
  return at < 0 ? undefined : from.splice(at, 1)[0];
}

/** drgn has the name of the entry; `.cold` and the like are the symbol's. */
function sameFunction(a: string, b: string): boolean {
  return a === b || a === b.split('.')[0];
}

type OwnVariable = Pick<LocalVariable, 'bytes' | 'why'> | undefined;

/** Puts one variable where it belongs. @param returned what we would say if the call had returned */
export function judgeVariable(
  ours: OwnVariable,
  returned: OwnVariable,
  theirs: PeerVariable,
  place: string,
  into: Outcome,
): void {
  const own = hexOf(ours);
  const told = own ?? ours?.why ?? '(not listed)';
  const example = `${place} ${theirs.name}: ours ${told}, drgn ${theirs.bytes ?? theirs.why}`;
  if (own === theirs.bytes) into.same();
  else if (returned && hexOf(returned) === theirs.bytes) {
    into.differs(
      'drgn asks at the return address',
      'The call has not returned: that place is not reached yet.',
      example,
    );
  } else if (own !== undefined && theirs.bytes !== undefined) into.differs('values differ', undefined, example);
  else if (own !== undefined) into.differs('only we have a value', `drgn: ${theirs.why}`, example);
  else {
    const why = ours ? 'A value that we do not recover.' : undefined;
    into.differs(`only drgn has a value; ours: ${ours?.why ?? 'not listed'}`, why, example);
  }
}

function hexOf(variable: OwnVariable): string | undefined {
  return variable?.bytes && Buffer.from(variable.bytes).toString('hex');
}
