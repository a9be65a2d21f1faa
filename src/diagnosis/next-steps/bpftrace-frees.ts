import type { RankedFinding } from '../../report/finding-data.ts';
import type { NextStep } from '../../report/next-step.ts';
import { BAD_FREE } from './rule-kinds.ts';
import { SAFE_NAME, type StepMaker } from './step-facts.ts';
import { TRACE_RISK, TRACE_UNDO } from './trace-words.ts';

/** Who frees objects of the cache of the finding twice, with the stack of both. */
export const bpftraceFrees: StepMaker = function* (facts) {
  const finding = facts.accusing.find((f) => f.subject?.cache !== undefined && isBadFree(f));
  const cache = finding?.subject?.cache;
  if (!finding || cache === undefined || !SAFE_NAME.test(cache)) return;
  yield step(cache, finding.rule);
};

/** What the allocator's checks, KASAN and KFENCE report is of many kinds: the title says which. */
function isBadFree({ rule, title }: RankedFinding): boolean {
  return BAD_FREE.test(rule) || (rule === 'slab.report' && /^(?:Double free|Free of|Broken free list)/.test(title.en));
}

function step(cache: string, rule: string): NextStep {
  return {
    id: 'bpftrace-frees',
    title: { en: `Trace who frees objects of ${cache} twice`, zh: `跟踪谁两次释放 ${cache} 的对象` },
    why: {
      en: 'Prints an object that is freed although it was not allocated since its last free, with the stack and the process of both frees, before the kernel falls over it.',
      zh: '若对象自上次释放后未再分配就又被释放，则在内核因此崩溃之前打印该对象，以及两次释放的调用栈与进程。',
    },
    texts: [{ place: 'bpftrace', text: /^(?:dma-|cg-)?kmalloc-/.test(cache) ? kfreeProgram() : cacheProgram(cache) }],
    cost: {
      en: 'A probe at each allocation and free of all caches: measurable on a busy machine.',
      zh: '所有缓存的每次分配与释放都经过探针：繁忙的机器上可测得其开销。',
    },
    risk: TRACE_RISK,
    undo: TRACE_UNDO,
    rules: [rule],
  };
}

/** Several million objects may be free at once. */
const HEAD = '// BPFTRACE_MAP_KEYS_MAX=1000000 BPFTRACE_MAX_MAP_KEYS=1000000 bpftrace frees.bt';
const REPORT = `printf("freed twice: %p\\nnow by %s (%d):%s\\nbefore by %s:%s\\n", $o, comm, pid, kstack(16), @who[$o], @stack[$o]);`;
const REMEMBER = '@who[$o] = comm;\n  @stack[$o] = kstack(16);';

/** The name is read at each free: the address of a cache differs from boot to boot. */
function cacheProgram(cache: string): string {
  return `${HEAD}
kprobe:kmem_cache_free
/ str(((struct kmem_cache *)arg0)->name) == "${cache}" /
{
  $o = arg1;
  if (@who[$o] != "") {
    ${REPORT}
  }
  ${REMEMBER}
}
kretprobe:kmem_cache_alloc*
{
  delete(@who[retval]);
  delete(@stack[retval]);
}
END { clear(@who); clear(@stack); }`;
}

/** kfree() is not told the cache: every object of kmalloc() is watched. */
function kfreeProgram(): string {
  return `${HEAD}
kprobe:kfree
/ arg0 != 0 /
{
  $o = arg0;
  if (@who[$o] != "") {
    ${REPORT}
  }
  ${REMEMBER}
}
kretprobe:__kmalloc*, kretprobe:kmalloc_trace*, kretprobe:kmem_cache_alloc*
{
  delete(@who[retval]);
  delete(@stack[retval]);
}
END { clear(@who); clear(@stack); }`;
}
