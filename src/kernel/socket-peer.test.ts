import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpenFilesWriter } from '../../test/build/open-files.ts';
import { type MadeEnd, mappedAddress, networkDevice, SocketWriter } from '../../test/build/socket-writer.ts';
import { WaitWriter } from '../../test/build/wait-writer.ts';
import { AnalysisError, MemoryFault, NotFoundError } from '../base/errors.ts';
import type { Disk } from './block-device.ts';
import { networkDiskPeers, socketPeer } from './socket-peer.ts';

const NOWHERE = 0xffff888fffff0000n;
const LOCAL = [127, 0, 0, 1];
const CLIENT: MadeEnd = [LOCAL, 40000];
const SERVER: MadeEnd = [LOCAL, 10809];

class Machine {
  readonly made = new WaitWriter();
  readonly memory = this.made.memory;
  readonly files = new OpenFilesWriter(this.made);
  readonly sockets = new SocketWriter(this.files);

  process(pid: number, comm: string): bigint {
    return this.made.waits(pid, comm, ['pause'], 1).task;
  }

  /** Pid of the process that has the other end. */
  peer(socket: bigint): number | undefined {
    return socketPeer(this.made.program(), socket)?.process?.pid;
  }

  /** A disk of nbd with these sockets, which may be more in number than there are. */
  networkDisk(sockets: readonly bigint[], count = sockets.length): Disk {
    const { memory } = this;
    memory.type('gendisk', 64, { private_data: 8 });
    const disk = memory.alloc(64);
    memory.u64(disk + 8n, networkDevice(memory, sockets, count));
    const operations = memory.kernel.symbol('nbd_fops', memory.alloc(64), 64, 'D');
    return {
      ...{ address: disk, major: 43, firstMinor: 0, name: 'nbd0', queue: 0n, operations, sectors: 0n, whole: 0n },
    };
  }
}

test('the process that has the other end of a connection, however many look like it', () => {
  const machine = new Machine();
  const { sockets } = machine;
  const own = sockets.internet(CLIENT, SERVER);
  const more = [
    own, // the same end, shared with a process
    sockets.internet(SERVER, [LOCAL, 40001]),
    sockets.internet([LOCAL, 10810], CLIENT),
    sockets.internet([[10, 0, 0, 1], 10809], CLIENT),
    sockets.internet(SERVER, CLIENT, 17), // of UDP
  ];
  machine.files.open(
    machine.process(20, 'other'),
    more.map((s) => s.file),
  );
  machine.files.open(machine.process(21, 'pipes'), [{ kind: 'fifo' }, { kind: 'character' }]);
  assert.equal(machine.peer(own.socket), undefined);
  machine.files.open(machine.process(22, 'server'), [{ kind: 'fifo' }, sockets.internet(SERVER, CLIENT).file]);
  const found = socketPeer(machine.made.program(), own.socket);
  assert.equal(found?.process?.comm, 'server');
  assert.deepEqual(
    [found?.socket.state, found?.socket.destination],
    ['ESTABLISHED', { address: '127.0.0.1', long: '127.0.0.1', port: 10809 }],
  );
});

test('a server that takes both kinds of addresses has IPv4 ones as mapped', () => {
  const machine = new Machine();
  const own = machine.sockets.internet(CLIENT, SERVER);
  const mapped = mappedAddress(...LOCAL);
  const server = machine.sockets.internet([mapped, 10809], [mapped, 40000]);
  machine.files.open(machine.process(20, 'server'), [server.file]);
  assert.equal(machine.peer(own.socket), 20);
  assert.equal(machine.peer(server.socket), undefined); // nobody has the client open
});

test('a UNIX socket by its peer, not by its name', () => {
  const machine = new Machine();
  const [own, server] = machine.sockets.unix('/run/nbd');
  const [, other] = machine.sockets.unix('/run/nbd');
  machine.files.open(machine.process(20, 'other'), [other.file]);
  machine.files.open(machine.process(21, 'server'), [server.file]);
  assert.equal(machine.peer(own.socket), 21);
  assert.equal(socketPeer(machine.made.program(), server.socket)?.socket.path, '/run/nbd');
  machine.memory.u64(own.sock + 64n, 0n);
  assert.equal(machine.peer(own.socket), undefined);
});

test('a closed socket has no peer; damage of others does not matter, of its own it is told', () => {
  const machine = new Machine();
  const { memory } = machine;
  const own = machine.sockets.internet(CLIENT, SERVER);
  const torn = machine.sockets.internet(SERVER, CLIENT);
  machine.files.open(machine.process(20, 'torn'), [torn.file, { kind: 'socket', inode: NOWHERE }]);
  memory.u64(torn.socket + 8n, NOWHERE);
  const broken = machine.process(21, 'broken');
  machine.files.open(broken, [{ kind: 'socket' }]);
  memory.u64(broken + 264n, NOWHERE);
  machine.files.open(machine.process(22, 'server'), [machine.sockets.internet(SERVER, CLIENT).file]);
  assert.equal(machine.peer(own.socket), 22);
  const closed = machine.sockets.internet(CLIENT, SERVER);
  memory.u64(closed.socket + 8n, 0n);
  assert.equal(socketPeer(machine.made.program(), closed.socket), undefined);
  assert.throws(() => socketPeer(machine.made.program(), NOWHERE), MemoryFault);
  assert.throws(() => socketPeer(machine.made.program(), torn.socket), MemoryFault);
});

test('without the type of open files a socket still says where it leads', () => {
  const machine = new Machine();
  const own = machine.sockets.internet(CLIENT, SERVER);
  machine.memory.kernel.types.delete('file');
  const found = socketPeer(machine.made.program(), own.socket);
  assert.deepEqual([found?.socket.destination?.port, found?.process], [10809, undefined]);
  const [unix] = machine.sockets.unix('/run/x');
  machine.memory.kernel.types.delete('unix_sock');
  assert.equal(socketPeer(machine.made.program(), unix.socket)?.socket.family, 'UNIX');
  machine.memory.kernel.types.delete('socket');
  assert.throws(() => socketPeer(machine.made.program(), own.socket), NotFoundError);
});

test('the servers of a network disk, as many as can be read; none of another disk', () => {
  const machine = new Machine();
  const { sockets } = machine;
  const first = sockets.internet(CLIENT, SERVER);
  const second = sockets.internet([LOCAL, 40001], SERVER);
  machine.files.open(machine.process(20, 'nbd-server'), [sockets.internet(SERVER, CLIENT).file]);
  const disk = machine.networkDisk([first.socket, NOWHERE, second.socket], 1_000_000);
  const peers = networkDiskPeers(machine.made.program(), disk);
  assert.deepEqual(
    peers.map((p) => [p.socket.source?.port, p.process?.pid]),
    [
      [40000, 20],
      [40001, undefined],
    ],
  );
  const other = machine.memory.kernel.symbol('virtblk_fops', machine.memory.alloc(64), 64, 'D');
  assert.deepEqual(networkDiskPeers(machine.made.program(), { ...disk, operations: other }), []);
});

test('a network disk whose table of sockets is lost has none, and without the types that is said', () => {
  const machine = new Machine();
  const { memory } = machine;
  const disk = machine.networkDisk([machine.sockets.internet(CLIENT, SERVER).socket], -1);
  const word = (at: bigint): bigint => memory.kernel.memory.u64(memory.physical(at));
  const config = word(word(disk.address + 8n) + 8n);
  assert.equal(networkDiskPeers(machine.made.program(), disk).length, 1);
  memory.u64(config + 8n, NOWHERE);
  assert.deepEqual(networkDiskPeers(machine.made.program(), disk), []);
  memory.u64(word(disk.address + 8n) + 8n, NOWHERE);
  assert.throws(() => networkDiskPeers(machine.made.program(), disk), AnalysisError);
  memory.kernel.types.delete('nbd_config');
  assert.throws(() => networkDiskPeers(machine.made.program(), disk), NotFoundError);
});
