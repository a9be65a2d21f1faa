import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockAt } from '../../test/build/disk-writer.ts';
import { NfsWriter } from '../../test/build/nfs-writer.ts';
import { OpenFilesWriter } from '../../test/build/open-files.ts';
import { SocketWriter } from '../../test/build/socket-writer.ts';
import { WaitWriter } from '../../test/build/wait-writer.ts';
import { nfsMounts } from './nfs.ts';

const NOWHERE = 0xffff888fffff0000n;

/** A kernel whose clock stands at 100 s. */
class Machine {
  readonly made = new WaitWriter();
  readonly memory = this.made.memory;
  readonly nfs = new NfsWriter(this.made);

  constructor() {
    clockAt(this.memory, 100n);
  }

  mounts(): ReturnType<typeof nfsMounts> {
    return nfsMounts(this.made.program());
  }
}

test('mounts of NFS with their calls, the oldest first; other file systems are none', () => {
  const machine = new Machine();
  machine.nfs.mount('ext4', '/dev/vda1');
  machine.nfs.mount('nfsd', 'nfsd');
  const filer = machine.nfs.nfs('filer:/home', 'filer', '10.0.0.7', true);
  machine.nfs.mount('nfs4', 'filer:/home', filer.superblock);
  machine.nfs.nfs('other:/', 'other.example', '10.0.0.8', false);
  const calls = machine.nfs.calls(filer, 'xprt_pending', ['GETATTR', 70n], ['WRITE', 10n]);
  const [first, second, ...more] = machine.mounts();
  assert.equal(more.length, 0);
  assert.deepEqual([first?.server, first?.address, first?.connected], ['filer', '10.0.0.7', true]);
  assert.deepEqual(first?.calls, [
    { address: calls[1], procedure: 'WRITE', seconds: 90, queue: 'xprt_pending' },
    { address: calls[0], procedure: 'GETATTR', seconds: 30, queue: 'xprt_pending' },
  ]);
  assert.deepEqual([second?.server, second?.connected, second?.calls], ['other.example', false, []]);
  assert.equal(second?.peer, undefined);
});

test('a server on this machine, by the socket of its connection', () => {
  const machine = new Machine();
  const files = new OpenFilesWriter(machine.made);
  const sockets = new SocketWriter(files);
  const [here, there] = [
    [[127, 0, 0, 1], 800],
    [[127, 0, 0, 1], 2049],
  ] as const;
  const mount = machine.nfs.nfs('localhost:/x', 'localhost', '127.0.0.1', true);
  machine.nfs.socket(mount, sockets.internet(here, there).socket);
  files.open(machine.made.waits(20, 'ganesha.nfsd', ['pause'], 1).task, [sockets.internet(there, here).file]);
  const [found] = machine.mounts();
  assert.deepEqual([found?.peer?.process?.pid, found?.peer?.socket.destination?.port], [20, 2049]);
  machine.nfs.socket(mount, NOWHERE);
  assert.deepEqual([machine.mounts()[0]?.peer, machine.mounts()[0]?.connected], [undefined, true]);
});

test('a list of calls that is broken, or runs into itself, has those that can be reached', () => {
  const machine = new Machine();
  const { memory } = machine;
  const torn = machine.nfs.nfs('torn:/', 'torn', '10.0.0.1', true);
  const inTorn = machine.nfs.calls(torn, 'delayq', ['READ', 10n], ['LOOKUP', 20n], ['OPEN', 30n]);
  memory.u64((inTorn[0] as bigint) + 8n, NOWHERE);
  const circle = machine.nfs.nfs('circle:/', 'circle', '10.0.0.2', true);
  const inCircle = machine.nfs.calls(circle, 'delayq', ['READ', 10n], ['CLOSE', 20n]);
  memory.u64((inCircle[1] as bigint) + 8n, (inCircle[0] as bigint) + 8n);
  const astray = machine.nfs.nfs('astray:/', 'astray', '10.0.0.3', true);
  const inAstray = machine.nfs.calls(astray, 'delayq', ['READ', 10n]);
  const elsewhere = memory.alloc(64); // it leads on to nothing
  memory.u64(elsewhere, inAstray[0] as bigint);
  memory.u64((inAstray[0] as bigint) + 8n, elsewhere);
  const names = machine.mounts().map((m) => m.calls.map((c) => c.procedure));
  assert.deepEqual(names, [['READ', 'LOOKUP', 'OPEN'], ['READ', 'CLOSE'], ['READ']]);
});

test('what of a call or a server cannot be read is left out, and the rest stays', () => {
  const machine = new Machine();
  const { memory } = machine;
  const mount = machine.nfs.nfs('filer:/home', 'filer', '10.0.0.7', true);
  const [call, later] = machine.nfs.calls(mount, 'delayq', ['READ', 10n], ['LOOKUP', 200n]);
  memory.u64((call as bigint) + 32n, NOWHERE);
  memory.u64((call as bigint) + 40n, 0x4141414141414141n);
  memory.u64(mount.transport + 8n, NOWHERE);
  memory.u64(mount.transport + 16n, 0n);
  const [found] = machine.mounts();
  assert.deepEqual([found?.server, found?.address], ['filer', undefined]); // by the mount's device
  assert.deepEqual(found?.calls, [
    { address: call, procedure: undefined, seconds: 90, queue: undefined },
    { address: later, procedure: 'LOOKUP', seconds: 0, queue: 'delayq' }, // a time that has not come
  ]);
});

test('the name of a server by its mount, also where it is an IPv6 address', () => {
  for (const [device, name] of [
    ['filer.example:/a:b', 'filer.example'],
    ['[fd00::7]:/home', '[fd00::7]'],
  ] as const) {
    const machine = new Machine();
    const mount = machine.nfs.nfs(device, '', '', true);
    assert.equal(machine.mounts()[0]?.server, name);
    machine.memory.u64(mount.transport + 8n, NOWHERE);
    assert.equal(machine.mounts()[0]?.server, name);
  }
});

test('a mount whose superblock or server is lost leaves the others', () => {
  const machine = new Machine();
  const { memory } = machine;
  memory.u64(machine.nfs.nfs('a:/', 'a', '', true).superblock + 96n, NOWHERE);
  memory.u64(machine.nfs.nfs('b:/', 'b', '', true).server + 8n, 0n);
  const third = machine.nfs.nfs('c:/', 'filer', '10.0.0.7', true);
  machine.nfs.calls(third, 'delayq', ['READ', 40n]);
  memory.u64(third.client + 8n, NOWHERE); // its transport, not its calls
  assert.deepEqual(
    machine.mounts().map((m) => [m.server, m.address, m.connected, m.calls[0]?.seconds]),
    [['c', undefined, undefined, 60]],
  );
});

test('without types of NFS, mounts or a clock there are none, and nothing is thrown', () => {
  for (const type of ['nfs_server', 'rpc_task', 'rpc_xprt', 'mount', 'timekeeper', 'rpc_clnt']) {
    const machine = new Machine();
    machine.nfs.nfs('filer:/home', 'filer', '10.0.0.7', true);
    assert.equal(machine.mounts().length, 1);
    machine.memory.kernel.types.delete(type);
    assert.deepEqual(machine.mounts(), [], type);
  }
});
