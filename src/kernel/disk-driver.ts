import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { Disk } from './block-device.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { plainName } from './wait-function.ts';

/** The function of a driver that takes the requests of a disk. */
export interface DiskDriver {
  readonly function: string;
  readonly module?: string;
  /** The word that holds its address: `blk_mq_ops.queue_rq`, or `block_device_operations.submit_bio` of a disk without requests. */
  readonly word: Addr;
}

/** @throws NotFoundError MemoryFault */
export function diskDriver(prog: Program, disk: Disk): DiskDriver | undefined {
  const operations = prog.memory.ulong(addrAdd(disk.queue, prog.offset('request_queue', 'mq_ops')));
  const word = isKernelPointer(prog, operations)
    ? addrAdd(operations, prog.offset('blk_mq_ops', 'queue_rq'))
    : addrAdd(disk.operations, prog.offset('block_device_operations', 'submit_bio'));
  const symbol = prog.symbolAt(prog.memory.ulong(word));
  if (!symbol) return undefined;
  return {
    function: plainName(symbol.name),
    ...(symbol.module !== undefined && { module: symbol.module }),
    word,
  };
}
