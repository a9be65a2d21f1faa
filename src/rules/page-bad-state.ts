import { bareName } from '../diagnosis/allocator-calls.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';

/** The page allocator was given, or held, a page that somebody still uses. */
export const pageBadState: Rule = {
  id: 'page.bad-state',
  title: 'The page allocator found a page in a state that it must not have',
  source: 'mm/page_alloc.c, bad_page(): BUG: Bad page state in process',
  *check(of) {
    const lines = of.log.flatMap((r) => r.text.split('\n'));
    const index = lines.findLastIndex((l) => BAD.test(l));
    if (index < 0) return;
    const line = lines[index] as string;
    const near = lines.slice(index, index + NEAR);
    const because = near.find((l) => l.startsWith('page dumped because: '));
    const flags = near.find((l) => /^(?:page )?flags: /.test(l));
    const stopped = /panic_on_taint|panic_on_warn/.test(of.panic.message ?? '');
    const by = stopped ? asker(of) : undefined;
    const [, process = '?', pfn = '?'] = BAD.exec(line) ?? [];
    const why = because?.slice('page dumped because: '.length);
    const said = why === undefined ? '' : ` (${why})`;
    yield {
      severity: stopped ? 'cause' : 'suspect',
      confidence: stopped ? 'certain' : 'likely',
      title: {
        en: `Bad state of page ${pfn}${by ? `, freed or allocated by ${frameName(by)}` : ''}`,
        zh: `页 ${pfn} 的状态错误${by ? `，由 ${frameName(by)} 释放或申请` : ''}`,
      },
      sentence: {
        en: `The page allocator found page frame ${pfn} in a state that a free page must not have${said}, in process ${process}: it was freed while in use, freed twice, or written to after it was freed.`,
        zh: `页分配器发现页框 ${pfn} 处于空闲页不应有的状态${said}，进程为 ${process}：它在使用中被释放、被释放两次，或在释放后被写入。`,
      },
      ...(by && { subject: frameSubject(by) }),
      evidence: [logEvidence(line), ...[because, flags].flatMap((l) => (l === undefined ? [] : [logEvidence(l)]))],
    };
  },
};

const BAD = /^BUG: Bad page state in process (.*?)\s+pfn:([0-9a-f]+)/;
/** Lines of such a report in front of its call trace. */
const NEAR = 12;
/** Functions of the report and of the page allocator. */
const OWN =
  /^(?:panic|add_taint|dump_stack\w*|bad_page|check_(?:free|new)_page\w*|free_page_is_bad\w*|page_bad_reason|_{0,2}free_\w+|prep_\w+|get_page_from_freelist|_{0,2}alloc_pages\w*|_{0,2}folio_(?:put|alloc)\w*|_{0,2}put_page\w*|release_pages|rmqueue\w*|post_alloc_hook|_{0,2}get_free_pages?|_{0,2}rmqueue\w*)$/;

/** Who gave the page back or asked for one. */
function asker(of: Case) {
  const frames = of.stack?.frames ?? [];
  const from = frames.findIndex((f) => OWN.test(bareName(f.symbol ?? '')));
  return from < 0 ? undefined : frames.slice(from).find((f) => !OWN.test(bareName(f.symbol ?? '')));
}
