import assert from 'node:assert/strict';
import { test } from 'node:test';
import { u32Type } from '../../test/build/c-types.ts';
import { OpenFilesWriter } from '../../test/build/open-files.ts';
import { WaitWriter } from '../../test/build/wait-writer.ts';
import type { Case } from '../diagnosis/case.ts';
import { fuseConnections } from '../kernel/fuse.ts';
import type { Finding } from '../report/finding.ts';
import { fuseStuck } from './fuse-stuck.ts';

const SECOND = 1_000_000_000n;

/** A connection with one daemon; `requests` of them it has read. */
function machine(daemonState: number, seconds: number, taken = true): WaitWriter {
  const made = new WaitWriter();
  const files = new OpenFilesWriter(made);
  const { memory } = made;
  made.add('rq', { clock: 64 });
  made.add('task_struct', { 'sched_info.last_arrival': 280, 'se.exec_start': 288 });
  memory.type('fuse_conn', 256, {
    entry: 0,
    dev: [16, u32Type],
    connected: [20, u32Type],
    devices: 24,
    'iq.pending': 40,
  });
  memory.type('fuse_dev', 128, { entry: 0, pq: [16, 64] });
  memory.type('fuse_req', 256, { list: 0, 'in.h.opcode': [16, u32Type], waitq: 24 });
  memory.type('wait_queue_head', 24, { head: 8 });
  memory.type('wait_queue_entry', 40, { private: 8, func: 16, entry: 24 });
  const [connection, request, entry] = [memory.alloc(256), memory.alloc(256), memory.alloc(40)];
  memory.circle(memory.symbol('fuse_conn_list', memory.alloc(16)), connection);
  memory.u32(connection + 16n, 26);
  memory.u32(connection + 20n, 1);
  memory.circle(connection + 24n);
  if (taken) memory.circle(connection + 40n);
  else memory.circle(connection + 40n, request);
  const reader = made.waits(20, 'reader', ['request_wait_answer', 'fuse_simple_request', 'fuse_lookup_name']);
  const daemon = made.waits(21, 'sshfs', ['pause'], daemonState);
  files.open(daemon.task, [{ kind: 'character' }]);
  memory.u32(request + 16n, 1);
  memory.circle(request + 32n, entry + 24n);
  memory.u64(entry + 8n, reader.task);
  for (const task of [reader.task, daemon.task]) memory.u64(task + 280n, SECOND);
  for (const rq of made.tasks.runqueues) memory.u64(rq + 64n, SECOND * BigInt(1 + seconds));
  return made;
}

function check(made: WaitWriter): Finding[] {
  const of = { prog: made.program(), log: [], panic: { how: '' }, fatal: { kind: 'hung task' } } as unknown as Case;
  return [...fuseStuck.check(of)];
}

test('a request that the daemon has not read, and who waits for it', () => {
  const [found] = check(machine(4, 40, false));
  assert.equal(found?.severity, 'cause');
  assert.match(found?.sentence.en ?? '', /FUSE connection 26\) has not answered 1 request/);
  assert.match(
    found?.sentence.en ?? '',
    /PID 20 "reader" waits for a LOOKUP since 40 s, which its daemon has not even read/,
  );
  assert.match(found?.sentence.en ?? '', /No process has its connection open/);
});

test('a short wait is none; a connection without requests is left alone', () => {
  assert.deepEqual(check(machine(4, 3, false)), []);
  const prog = machine(4, 40).program();
  assert.deepEqual(fuseConnections(prog)[0]?.requests, []);
});

test('a list of requests that is broken keeps what it still leads to', () => {
  const made = machine(4, 40, false);
  const [request] = fuseConnections(made.program())[0]?.requests ?? [];
  assert.ok(request);
  made.memory.u64(request.address, 0x1234n);
  assert.match(check(made)[0]?.sentence.en ?? '', /has not answered 1 request/);
});
