import { attempt } from '../base/attempt.ts';
import { hexPad } from '../base/hex.ts';
import { type PageTrack, pageOwner } from '../kernel/page-owner.ts';
import type { PageUse } from '../kernel/page-use.ts';
import type { Program } from '../program/program.ts';
import type { Evidence } from '../report/finding.ts';
import type { Case } from './case.ts';

/** Functions of the page allocator itself: who asked it stands behind them. */
const ALLOCATOR =
  /^(?:__set_page_owner|__reset_page_owner|set_page_owner|reset_page_owner|save_stack|post_alloc_hook|prep_new_page|get_page_from_freelist|__?alloc_(?:pages?|frozen)\w*|alloc_slab_page|free_unref_\w+|free_pcp_prepare|free_p(?:age|cp)\w*|__free_(?:pages?|one)\w*|__folio_\w+|release_pages|get_free_pages|_{0,3}kmalloc\w*|_{0,2}vmalloc\w*|vm_area_alloc_pages|vfree\w*)/;

/** Who allocated and who freed the page last, where the kernel was booted with page_owner=on. */
export function pageOwnerEvidence(of: Case, page: PageUse): Evidence[] {
  const owner = attempt(() => pageOwner(of.prog, page.page.frame));
  const command = `kmem ${hexPad(page.page.address)}`;
  return (owner?.tracks ?? []).flatMap((track) => {
    const value = pageOwnerCaller(of.prog, track);
    return value === undefined ? [] : [{ what: words(track), value, command }];
  });
}

/** Who asked the page allocator. */
export function pageOwnerCaller(prog: Program, { stack }: PageTrack): string | undefined {
  const by = stack.find((at) => !ALLOCATOR.test(prog.symbolAt(at)?.name ?? ''));
  return by === undefined ? undefined : prog.describeAddress(by);
}

function words({ what, pid }: PageTrack): Evidence['what'] {
  return what === 'freed'
    ? { en: `the page was freed last by pid ${pid} in`, zh: `该页最近一次由 PID ${pid} 释放于` }
    : { en: `the page was allocated last by pid ${pid} in`, zh: `该页最近一次由 PID ${pid} 分配于` };
}
