import assert from 'node:assert/strict';
import { test } from 'node:test';
import { u32Type } from '../../test/build/c-types.ts';
import { OpenFilesWriter } from '../../test/build/open-files.ts';
import { WaitWriter } from '../../test/build/wait-writer.ts';
import { pipeMemory, socketMemory } from './buffer-memory.ts';

function machine(): { made: WaitWriter; files: OpenFilesWriter } {
  const made = new WaitWriter();
  const files = new OpenFilesWriter(made);
  const { memory } = made;
  memory.type('pipe_inode_info', 64, { head: [0, u32Type], tail: [4, u32Type] });
  memory.type('socket_alloc', 256, { socket: 0, vfs_inode: 128 });
  memory.type('socket', 64, { sk: 24 });
  memory.type('sock', 256, {
    'sk_wmem_alloc.refs.counter': [0, u32Type],
    'sk_backlog.rmem_alloc.counter': [4, u32Type],
    sk_wmem_queued: [8, u32Type],
  });
  return { made, files };
}

test('pages in pipes by who has them open; a pipe that several have counts once', () => {
  const { made, files } = machine();
  const pipe = (head: number, tail: number): bigint => {
    const inode = files.inode('fifo');
    const info = made.memory.alloc(64);
    made.memory.u64(inode + 8n, info);
    made.memory.u32(info, head);
    made.memory.u32(info + 4n, tail);
    return inode;
  };
  const shared = pipe(20, 4);
  const logger = made.waits(10, 'logger', ['pipe_write']);
  const reader = made.waits(11, 'reader', ['do_wait']);
  const wrapped = pipe(3, -2);
  files.open(
    logger.task,
    [shared, wrapped, pipe(7, 7)].map((inode) => ({ kind: 'fifo', inode })),
  );
  files.open(reader.task, [
    { kind: 'fifo', inode: shared },
    { kind: 'fifo', inode: pipe(1, 0) },
  ]);
  const held = pipeMemory(made.program());
  assert.deepEqual([held.bytes, held.count], [(16 + 5 + 1) * 4096, 3]);
  assert.deepEqual(
    held.holders.map((h) => [h.task.comm, h.bytes / 4096, h.count]),
    [
      ['logger', 21, 2],
      ['reader', 1, 1],
    ],
  );
});

test('a pipe whose indices make no sense holds nothing', () => {
  const { made, files } = machine();
  const inode = files.inode('fifo');
  const info = made.memory.alloc(64);
  made.memory.u64(inode + 8n, info);
  made.memory.u32(info, 5);
  made.memory.u32(info + 4n, 0x40000000);
  files.open(made.waits(10, 'odd', ['pipe_write']).task, [{ kind: 'fifo', inode }, { kind: 'fifo' }]);
  assert.equal(pipeMemory(made.program()).bytes, 0);
});

test('what sockets are charged for, without the byte that each counts for itself', () => {
  const { made, files } = machine();
  const socket = (sent: number, received: number, queued: number): bigint => {
    const whole = made.memory.alloc(256);
    const sock = made.memory.alloc(256);
    made.memory.u64(whole + 24n, sock);
    made.memory.u32(sock, sent);
    made.memory.u32(sock + 4n, received);
    made.memory.u32(sock + 8n, queued);
    return files.inode('socket', whole + 128n);
  };
  const sender = made.waits(10, 'sender', ['sock_wait_for_wmem']);
  const inodes = [socket(4097, 0, 0), socket(1, 0, 0), socket(101, 50, 300), socket(-7, -1, 0)];
  files.open(
    sender.task,
    inodes.map((inode) => ({ kind: 'socket', inode })),
  );
  const held = socketMemory(made.program());
  assert.deepEqual([held.bytes, held.count, held.holders[0]?.task.pid], [4096 + 350, 2, 10]);
});
