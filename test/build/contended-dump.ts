import { addressWalk } from '../../src/kernel/address-walk.ts';
import { findTask } from '../../src/kernel/task.ts';
import { openProgram } from '../../src/open.ts';
import { writeElfCore } from './elf-core-writer.ts';
import { openSample, type SAMPLES } from './sample-dump.ts';

const PAGE = 4096;
/** Where the mutex and the waiters lie on their stacks: deep in what no stack reaches. */
const UNUSED = 0x900n;
/** struct mutex of the samples: owner 0, wait_lock 8, osq 12, wait_list 16; struct mutex_waiter: list 0, task 16. */
const WAIT_LIST = 16n;

/** A sample written anew as an ELF dump in which some of its sleeping tasks wait for a mutex that another one holds. */
export function contendedDump(
  name: (typeof SAMPLES)[number],
  { waiters, owner }: { readonly waiters: readonly number[]; readonly owner: number },
): { readonly bytes: Uint8Array; readonly mutex: string } {
  const { image, close } = openSample(name);
  try {
    const prog = openProgram(image);
    const task = (pid: number): bigint => findTask(prog, pid)?.address ?? 0n;
    const stack = (pid: number): bigint => prog.at('task_struct', task(pid)).get('stack').toBigInt() + UNUSED;
    const mutex = stack(owner);
    const heads = [mutex + WAIT_LIST, ...waiters.map(stack)];
    const words: [bigint, bigint][] = [[mutex, task(owner) | 1n]];
    heads.forEach((at, i) => {
      words.push([at, heads[(i + 1) % heads.length] as bigint]);
      words.push([at + 8n, heads[(i + heads.length - 1) % heads.length] as bigint]);
      if (i > 0) words.push([at + 16n, task(waiters[i - 1] as number)]);
    });
    const pages = pagesOf(image.memory);
    for (const [at, value] of words) {
      const physical = addressWalk(prog, at).physical ?? 0;
      const page = pages.get(Math.floor(physical / PAGE)) ?? new Uint8Array(PAGE);
      new DataView(page.buffer, page.byteOffset).setBigUint64(physical % PAGE, value, true);
      pages.set(Math.floor(physical / PAGE), page);
    }
    const desc = new TextEncoder().encode(image.vmcoreinfo);
    const notes = [{ name: 'VMCOREINFO', type: 0, desc }];
    return { bytes: writeElfCore({ segments: segmentsOf(pages), notes }), mutex: `0x${mutex.toString(16)}` };
  } finally {
    close();
  }
}

/** Copies of all pages that the dump has. */
function pagesOf(memory: ReturnType<typeof openSample>['image']['memory']): Map<number, Uint8Array> {
  const pages = new Map<number, Uint8Array>();
  for (const { start, end } of memory.ranges()) {
    for (let at = start; at < end; at += PAGE) {
      const page = new Uint8Array(PAGE);
      if (memory.read(at, page) === undefined) pages.set(at / PAGE, page);
    }
  }
  return pages;
}

/** Pages that follow one another in one segment. */
function segmentsOf(pages: ReadonlyMap<number, Uint8Array>): { phys: number; data: Uint8Array }[] {
  const segments: { phys: number; data: Uint8Array }[] = [];
  const frames = [...pages.keys()].sort((a, b) => a - b);
  for (let i = 0; i < frames.length; ) {
    let end = i + 1;
    while (frames[end] === (frames[end - 1] as number) + 1) end++;
    const data = new Uint8Array((end - i) * PAGE);
    for (let k = i; k < end; k++) data.set(pages.get(frames[k] as number) as Uint8Array, (k - i) * PAGE);
    segments.push({ phys: (frames[i] as number) * PAGE, data });
    i = end;
  }
  return segments;
}
