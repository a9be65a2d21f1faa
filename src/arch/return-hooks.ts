import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/** Hooks that one task may have waiting, and bytes of the graph tracer's shadow stack: one page, or 50 entries before. */
const MAX_HOOKS = 4096;
const SHADOW_STACK: Bytes = 4096;

/** What a return address is replaced by while a return probe or the function graph tracer waits for the function's end. */
const TRAMPOLINES: Readonly<Record<string, (prog: Program, task: Addr, key: bigint) => Addr | undefined>> = {
  // Linux 54ecbe6f1ed5 ("rethook: Add a generic return hook"), v5.18
  arch_rethook_trampoline: (prog, task, key) => fromList(prog, task, key, 'rethooks', 'rethook_node', 'node', 'frame'),
  __kretprobe_trampoline: fromKretprobes,
  kretprobe_trampoline: fromKretprobes,
  return_to_handler: fromShadowStack,
};

/**
 * The return address that a trampoline stands for; `pc` itself when it is none, undefined when the original is lost.
 * @param key what the kernel tells hooks apart by: on x86-64 where the return address lies, on arm64 the caller's frame
 * pointer
 */
export function originalReturn(prog: Program, task: Addr, pc: Addr, key: bigint): Addr | undefined {
  const before = prog.symbolAt(pc - 1n);
  if (before && pc < before.address + BigInt(before.size)) return pc;
  const symbol = prog.symbolAt(pc);
  const find = symbol?.address === pc && Object.hasOwn(TRAMPOLINES, symbol.name) ? TRAMPOLINES[symbol.name] : undefined;
  return find ? find(prog, task, key) : pc;
}

/** Linux d741bf41d7c7 ("kprobes: Remove kretprobe hash"), v5.11. */
function fromKretprobes(prog: Program, task: Addr, key: bigint): Addr | undefined {
  return fromList(prog, task, key, 'kretprobe_instances', 'kretprobe_instance', 'llist', 'fp');
}

/** A lock-less list of hooks that hangs from the task. */
function fromList(
  prog: Program,
  task: Addr,
  key: bigint,
  head: string,
  type: string,
  link: string,
  keyMember: string,
): Addr | undefined {
  const first = prog.findMember('task_struct', `${head}.first`);
  const node = prog.findMember(type, link);
  const ret = prog.findMember(type, 'ret_addr');
  const stored = prog.findMember(type, keyMember);
  if (!first || !node || !ret || !stored) return undefined;
  const { memory } = prog;
  let at = memory.u64(task + BigInt(first.offset));
  for (let n = 0; at !== 0n && n < MAX_HOOKS; n++) {
    const hook = at - BigInt(node.offset);
    if (memory.u64(hook + BigInt(stored.offset)) === key) return memory.u64(hook + BigInt(ret.offset));
    at = memory.u64(at);
  }
  return undefined;
}

/**
 * The graph tracer keeps entries on a shadow stack: an array before Linux 42675b723b48 ("function_graph: Convert ret_stack
 * to a series of longs"), v6.11, entries between other words since. The entry is the one that names the place.
 */
function fromShadowStack(prog: Program, task: Addr, key: bigint): Addr | undefined {
  const stack = prog.findMember('task_struct', 'ret_stack');
  const place = prog.findMember('ftrace_ret_stack', 'retp');
  const ret = prog.findMember('ftrace_ret_stack', 'ret');
  if (!stack || !place || !ret) return undefined;
  const start = prog.memory.u64(task + BigInt(stack.offset));
  const bytes = new Uint8Array(SHADOW_STACK);
  if (start === 0n || prog.memory.readWhatIsThere(start, bytes) === 0) return undefined;
  const view = new DataView(bytes.buffer);
  const { littleEndian } = prog.arch;
  for (let at = 0; at + place.offset + 8 <= SHADOW_STACK; at += 8) {
    if (view.getBigUint64(at + place.offset, littleEndian) === key)
      return view.getBigUint64(at + ret.offset, littleEndian);
  }
  return undefined;
}
