import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { TaskWriter } from '../../test/build/task-writer.ts';
import { mounts } from './mount.ts';

interface Made {
  readonly at: bigint;
  readonly root: bigint;
}

/** A kernel with one process, whose mounts are still to be made. */
class Mounts {
  readonly memory = new KernelMemory();
  readonly tasks = new TaskWriter(this.memory);
  readonly namespace = this.memory.alloc(64);
  readonly init: bigint;
  readonly made: Made[] = [];

  constructor(tree: boolean) {
    const { memory } = this;
    memory.type('nsproxy', 64, { mnt_ns: 24 });
    memory.type('mnt_namespace', 64, tree ? { mounts: 16 } : { list: 16, mounts: [40, 4] });
    memory.type('mount', 256, {
      mnt: 32,
      mnt_parent: 16,
      mnt_mountpoint: 24,
      mnt_devname: 136,
      ...(tree ? { mnt_node: 64 } : { mnt_list: 144 }),
    });
    memory.type('vfsmount', 32, { mnt_root: 0, mnt_sb: 8, mnt_flags: [16, 4] });
    memory.type('super_block', 256, { s_type: 40, s_flags: 80, s_subtype: 104 });
    memory.type('file_system_type', 64, { name: 0 });
    memory.type('dentry', 128, { d_parent: 24, d_name: 32, d_iname: [56, 32] });
    memory.type('qstr', 16, { len: [4, 4], name: 8 });
    memory.type('fs_struct', 64, { root: 24 });
    memory.type('path', 16, { mnt: 0, dentry: 8 });
    memory.type('rb_node', 24, { __rb_parent_color: 0, rb_right: 8, rb_left: 16 });
    this.init = this.tasks.process({ pid: 1, comm: 'init' });
    this.tasks.list(this.init);
    this.tasks.index();
    const proxy = memory.alloc(64);
    memory.u64(proxy + 24n, this.namespace);
    memory.u64(this.init + 208n, proxy);
  }

  dentry(name: string, parent?: bigint): bigint {
    const { memory } = this;
    const at = memory.alloc(128);
    memory.u64(at + 24n, parent ?? at);
    memory.u32(at + 36n, name.length);
    const inside = name.length < 32;
    memory.u64(at + 40n, inside ? at + 56n : memory.string(name));
    if (inside) memory.text(at + 56n, name);
    return at;
  }

  mount(type: string, device: string, on?: { parent: Made; dentry: bigint }, flags = 0x20, subtype = ''): Made {
    const { memory } = this;
    const at = memory.alloc(256);
    const root = this.dentry('/');
    const superblock = memory.alloc(256);
    const kind = memory.alloc(64);
    memory.u64(kind, memory.string(type));
    memory.u64(superblock + 40n, kind);
    if (subtype) memory.u64(superblock + 104n, memory.string(subtype));
    memory.u64(at + 16n, on?.parent.at ?? at);
    memory.u64(at + 24n, on?.dentry ?? root);
    memory.u64(at + 32n, root);
    memory.u64(at + 40n, superblock);
    memory.u32(at + 48n, flags);
    memory.u64(at + 136n, memory.string(device));
    const made = { at, root };
    this.made.push(made);
    return made;
  }

  /** The root directory of the process. */
  chroot(mount: Made, dentry: bigint): void {
    const fs = this.memory.alloc(64);
    this.memory.u64(fs + 24n, mount.at + 32n);
    this.memory.u64(fs + 32n, dentry);
    this.memory.u64(this.init + 216n, fs);
  }

  list(): void {
    this.memory.circle(this.namespace + 16n, ...this.made.map((m) => m.at + 144n));
  }

  /** A tree that leans to the right. */
  tree(): void {
    let link = this.namespace + 16n;
    for (const { at } of this.made) {
      this.memory.u64(link, at + 64n);
      link = at + 64n + 8n;
    }
  }

  lines(): string[] {
    return mounts(this.memory.program()).mounts.map((m) => `${m.device} ${m.path} ${m.type} ${m.options}`);
  }
}

/** root, /proc, a long name below /mnt, and a mount on top of that one. */
function fill(world: Mounts): { root: Made; deep: Made } {
  const root = world.mount('rootfs', 'rootfs', undefined, 0);
  world.mount('proc', 'proc', { parent: root, dentry: world.dentry('proc', root.root) }, 0x27);
  const mnt = world.dentry('mnt', root.root);
  const long = world.dentry('a name that does not fit into the dentry itself', mnt);
  const deep = world.mount('ext4', '/dev/vda', { parent: root, dentry: long }, 0x60);
  world.mount('fuse', 'host:', { parent: deep, dentry: world.dentry('remote', deep.root) }, 0x20, 'sshfs');
  return { root, deep };
}

const EXPECTED = [
  'rootfs / rootfs rw',
  'proc /proc proc rw,nosuid,nodev,noexec,relatime',
  '/dev/vda /mnt/a name that does not fit into the dentry itself ext4 ro,relatime',
  'host: /mnt/a name that does not fit into the dentry itself/remote fuse.sshfs rw,relatime',
];

test('the list of mounts up to 6.7, without the marks of its readers', () => {
  const world = new Mounts(false);
  const { root } = fill(world);
  world.mount('?', '?', { parent: root, dentry: root.root }, 0x10000000);
  world.list();
  assert.deepEqual(world.lines(), EXPECTED);
});

test('the tree of mounts since 6.8', () => {
  const world = new Mounts(true);
  fill(world);
  world.tree();
  assert.deepEqual(world.lines(), EXPECTED);
});

test('paths begin at the root directory of the task, and what lies outside is not seen', () => {
  const world = new Mounts(true);
  const { deep } = fill(world);
  world.tree();
  world.chroot(deep, deep.root);
  assert.deepEqual(world.lines(), ['/dev/vda / ext4 ro,relatime', 'host: /remote fuse.sshfs rw,relatime']);
});

test('a damaged mount leaves the others', () => {
  const world = new Mounts(false);
  fill(world);
  world.list();
  const second = world.made[1] as Made;
  world.memory.u64(second.at + 24n, 0x4141414141414141n); // its mountpoint
  world.memory.u64((world.made[2] as Made).at + 136n, 0xffff888fffff0000n); // its device name
  const { mounts: found, problems } = mounts(world.memory.program());
  assert.deepEqual(
    found.map((m) => m.path.slice(0, 5)),
    ['/', '?', '/mnt/', '/mnt/'],
  );
  assert.equal(found[2]?.device, '?');
  assert.match(problems[0]?.why ?? '', /dentry: no kernel pointer/);
  assert.match(problems[1]?.what ?? '', /device of mount/);
});
