import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockAt } from '../../test/build/disk-writer.ts';
import { NfsWriter } from '../../test/build/nfs-writer.ts';
import { OpenFilesWriter } from '../../test/build/open-files.ts';
import { sleepClock } from '../../test/build/page-waits.ts';
import { SocketWriter } from '../../test/build/socket-writer.ts';
import { type WaitingTask, WaitWriter } from '../../test/build/wait-writer.ts';
import type { Case } from '../diagnosis/case.ts';
import type { Finding } from '../report/finding.ts';
import { nfsStuck } from './nfs-stuck.ts';

/** The innermost functions of who waits for a call, with the client built into the kernel. */
const RPC = ['__schedule', 'schedule', 'rpc_wait_bit_killable', 'nfs4_call_sync', 'vfs_getattr'];
const NOWHERE = 0xffff888fffff0000n;

/** A kernel whose clocks stand at 100 s. */
class Machine {
  readonly made = new WaitWriter();
  readonly nfs = new NfsWriter(this.made);
  readonly filer = this.nfs.nfs('filer:/home', 'filer', '10.0.0.7', true);
  readonly lines: string[] = [];

  constructor() {
    clockAt(this.made.memory, 100n);
  }

  sleep(...tasks: (readonly [WaitingTask, bigint])[]): this {
    sleepClock(this.made, 100n, tasks);
    return this;
  }

  check(kind = 'hung task'): Finding[] {
    const log = this.lines.map((text, i) => ({ text, level: 0, timestampNs: BigInt(i), facility: 0 }));
    return [...nfsStuck.check({ prog: this.made.program(), log, fatal: { kind } } as unknown as Case)];
  }
}

test('a server with old calls, who waits for it, and what the log says of it', () => {
  const machine = new Machine();
  const [, oldest] = machine.nfs.calls(machine.filer, 'xprt_pending', ['GETATTR', 80n], ['WRITE', 10n]);
  const said = 'nfs: server filer not responding, still trying';
  machine.lines.push('nfs: server filer2 not responding, still trying', said, 'nfs: server filer OK');
  const short = machine.made.waits(10, 'ls', RPC);
  const long = machine.made.waits(11, 'cp', RPC);
  machine.made.waits(12, 'sleeper', ['__schedule', 'schedule', 'msleep', 'other']);
  machine.made.waits(13, 'killable', RPC, 1);
  const [found, ...more] = machine.sleep([short, 80n], [long, 10n]).check();
  assert.equal(more.length, 0);
  assert.deepEqual([found?.severity, found?.confidence], ['cause', 'certain']);
  assert.equal(found?.title.en, 'NFS server filer does not answer');
  assert.match(
    found?.sentence.en ?? '',
    /^Server filer \(10\.0\.0\.7\) of \/ \(filer:\/home\) has not answered 2 calls, the oldest a WRITE of 90 s ago; its connection is up; 2 tasks wait for it: PID 11 "cp" .*, PID 10 "ls" [^,]*\.$/,
  );
  assert.match(found?.sentence.zh ?? '', /有 2 个调用未应答，最早的是 90 秒前的 WRITE；连接仍在；2 个任务在等待它/);
  assert.deepEqual(
    found?.evidence.filter((e) => e.command === 'log').map((e) => e.value),
    [said],
  );
  assert.deepEqual([found?.subject?.address, found?.subject?.pid], [`0x${oldest?.toString(16)}`, 11]);
  assert.equal(machine.check('NULL pointer dereference')[0]?.severity, 'suspect');
});

test('calls of a moment, no calls, and another file system are none', () => {
  const machine = new Machine();
  machine.made.waits(10, 'ls', RPC);
  machine.nfs.mount('ext4', '/dev/vda1');
  assert.deepEqual(machine.check(), []);
  machine.nfs.calls(machine.filer, 'xprt_pending', ['READ', 75n]);
  assert.deepEqual(machine.check(), []);
  machine.lines.push('INFO: task ls:10 blocked for more than 20 seconds.'); // the limit of this kernel
  assert.equal(machine.check().length, 1);
});

test('a server without a connection, for which nobody waits, is only a suspect', () => {
  const machine = new Machine();
  const down = machine.nfs.nfs('10.0.0.9:/x', '10.0.0.9', '10.0.0.9', false);
  machine.nfs.calls(down, 'delayq', ['NULL', 10n]);
  const [found] = machine.check();
  assert.equal(found?.severity, 'suspect');
  assert.match(
    found?.sentence.en ?? '',
    /^Server 10\.0\.0\.9 of .* has not answered 1 call, .*; there is no connection to it; no task waits uninterruptibly for it\.$/,
  );
});

test('a server that is a process of this machine, and what that does', () => {
  const machine = new Machine();
  const files = new OpenFilesWriter(machine.made);
  const sockets = new SocketWriter(files);
  const [here, there] = [
    [[10, 0, 0, 1], 800],
    [[10, 0, 0, 7], 2049],
  ] as const;
  machine.nfs.socket(machine.filer, sockets.internet(here, there).socket);
  files.open(machine.made.waits(20, 'ganesha', ['pause'], 4).task, [sockets.internet(there, here).file]);
  machine.nfs.calls(machine.filer, 'xprt_pending', ['READ', 10n]);
  const [found] = machine.check();
  assert.match(
    found?.sentence.en ?? '',
    / Its server is at 10\.0\.0\.7:2049, connection ESTABLISHED: PID 20 "ganesha" of this machine, which is stopped/,
  );
  assert.ok(found?.evidence.some((e) => e.command === 'ps 20' && e.value === 'ST'));
});

test('more waiters than are named, and what of the server is lost is not told', () => {
  const machine = new Machine();
  const { memory } = machine.made;
  const [call] = machine.nfs.calls(machine.filer, 'xprt_pending', ['READ', 10n]) as [bigint];
  memory.u64(call + 32n, NOWHERE);
  memory.u64(machine.filer.client + 8n, NOWHERE);
  for (let pid = 10; pid < 15; pid++) machine.made.waits(pid, 'ls', RPC);
  const [found] = machine.check();
  assert.match(
    found?.sentence.en ?? '',
    /^Server filer of .*, the oldest a call of 90 s ago; 5 tasks wait for it: (?:PID \d+ "ls" [^,]*, ){2}PID \d+ "ls" .* and 2 more\.$/,
  );
});

test('without the types of the client nothing is said', () => {
  for (const type of ['nfs_server', 'rpc_task', 'rpc_clnt', 'timekeeper']) {
    const machine = new Machine();
    machine.nfs.calls(machine.filer, 'xprt_pending', ['READ', 10n]);
    machine.made.memory.kernel.types.delete(type);
    assert.deepEqual(machine.check(), [], type);
  }
});
