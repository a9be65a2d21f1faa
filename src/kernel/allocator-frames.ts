import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/** Functions of the allocators, of what hands objects to be freed later, and of the checkers that note them. */
const OWN =
  /^(?:_{0,4}kasan_|kfence_|_{0,3}k[vz]?(?:malloc|calloc|zalloc|realloc|free)(?:_|$)|_{0,3}kmem_cache_|_{0,3}slab_|do_slab_free|___cache_free|stack_trace_save|save_stack|set_track|(?:un)?poison_|_{0,2}call_rcu(?:_|$)|insert_work|_{0,2}queue_(?:delayed_)?work|task_work_add)/;

/** The return address of who asked an allocator: the first of a noted trace that is not the allocator's own. */
export function allocatorCaller(prog: Program, stack: readonly Addr[]): Addr | undefined {
  return stack.find((at) => !OWN.test(prog.symbolAt(at)?.name ?? '')) ?? stack[0];
}
