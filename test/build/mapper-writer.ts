import { pointerType, u32Type } from './c-types.ts';
import { DiskWriter, type MadeDisk } from './disk-writer.ts';
import { flatType, type KernelMemory } from './kernel-memory.ts';

const text = pointerType(flatType('char', 1, {}));

/** Devices of the device mapper of a made-up kernel. */
export class MapperWriter {
  readonly memory: KernelMemory;
  readonly disks: DiskWriter;

  constructor(memory: KernelMemory) {
    this.memory = memory;
    this.disks = new DiskWriter(memory);
    memory.type('mapped_device', 128, { flags: 0, map: 8, interface_ptr: 16, 'deferred.head': 24 });
    memory.type('hash_cell', 64, { name: [8, text], md: 16 });
    memory.type('bio', 64, { bi_next: 8 });
    memory.type('dm_table', 64, { num_targets: [0, u32Type], targets: 8 });
    memory.type('dm_target', 64, { type: 8, private: 16 });
    memory.type('target_type', 64, { name: [8, text] });
    const counter = flatType('atomic_t', 4, { counter: [0, 4] });
    const list = flatType('list_head', 16, { next: 0, prev: 8 });
    memory.type('multipath', 64, { flags: 0, nr_valid_paths: [8, counter], priority_groups: [16, list] });
    memory.type('priority_group', 64, { list: 8, 'list.next': 8, nr_pgpaths: [32, 4] });
  }

  /** A device with this name and these `flags`; its `struct mapped_device`. */
  device(minor: number, flags: bigint, name = `vg-lv${minor}`): { mapped: bigint; made: MadeDisk } {
    const { memory } = this;
    const [mapped, cell] = [memory.alloc(128), memory.alloc(64)];
    memory.u64(mapped, flags);
    memory.u64(mapped + 16n, cell);
    memory.u64(cell + 8n, memory.string(name));
    memory.u64(cell + 16n, mapped);
    return { mapped, made: this.disks.disk(`dm-${minor}`, 253, minor, 'dm_blk_dops', mapped) };
  }

  /** Bios that it holds back. */
  bios(mapped: bigint, count: number): bigint[] {
    const all = Array.from({ length: count }, () => this.memory.alloc(64));
    all.forEach((bio, i) => {
      this.memory.u64(bio + 8n, all[i + 1] ?? 0n);
    });
    this.memory.u64(mapped + 24n, all[0] ?? 0n);
    return all;
  }

  /** A table with these targets; the private data of each. */
  table(mapped: bigint, ...types: string[]): bigint[] {
    const { memory } = this;
    const [table, targets] = [memory.alloc(64), memory.alloc(64 * types.length)];
    memory.u64(mapped + 8n, table);
    memory.u32(table, types.length);
    memory.u64(table + 8n, targets);
    return types.map((name, i) => {
      const [target, kind, own] = [targets + BigInt(i * 64), memory.alloc(64), memory.alloc(64)];
      memory.u64(kind + 8n, memory.string(name));
      memory.u64(target + 8n, kind);
      memory.u64(target + 16n, own);
      return own;
    });
  }

  /** Groups of so many paths each, of a multipath target. */
  paths(multipath: bigint, flags: bigint, valid: number, ...groups: number[]): bigint[] {
    const { memory } = this;
    memory.u64(multipath, flags);
    memory.u32(multipath + 8n, valid);
    const links = groups.map((count) => {
      const group = memory.alloc(64);
      memory.u32(group + 32n, count);
      return group + 8n;
    });
    memory.circle(multipath + 16n, ...links);
    return links;
  }
}
