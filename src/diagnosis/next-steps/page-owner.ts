import { formatSize } from '../../report/format-size.ts';
import { addBootParameter, UNDO_BOOT } from './boot-parameter.ts';
import { PAGE_BUG } from './rule-kinds.ts';
import { bootParameter, type StepMaker } from './step-facts.ts';

/** `struct page_owner` of the newest kernels with the word of flags before it (mm/page_owner.c). */
const RECORD = 72;
const PAGE = 4096;

/** Who allocated and freed each page (Documentation/mm/page_owner.rst). */
export const pageOwner: StepMaker = function* (facts) {
  const finding = facts.accusing.find((f) => PAGE_BUG.test(f.rule));
  const given = bootParameter(facts, 'page_owner');
  if (!finding || given === 'on' || facts.config('CONFIG_PAGE_OWNER') === 'n') return;
  const record = facts.pageOwnerSize === undefined ? RECORD : facts.pageOwnerSize + 8;
  const { memoryBytes } = facts.report.system;
  const total = memoryBytes === null ? undefined : formatSize(Math.round(memoryBytes / PAGE) * record);
  yield {
    id: 'page-owner',
    title: { en: 'Record who owns each page', zh: '记录每一页归谁所有' },
    why: {
      en: 'With page_owner=on the kernel keeps the stack that allocated and the stack that freed each page; the next dump tells who had this one.',
      zh: '加上 page_owner=on 后，内核保存每一页的分配栈与释放栈；下次转储即可说明此页曾属于谁。',
    },
    texts: [
      { place: 'boot', text: 'page_owner=on' },
      { place: 'shell', text: addBootParameter('page_owner=on') },
      { place: 'config', text: 'CONFIG_PAGE_OWNER=y' },
    ],
    cost: {
      en: `About ${record} bytes for each page${total === undefined ? '' : `: ${total} with pages of 4 KB here`}, and some time at each allocation.`,
      zh: `每页约 ${record} 字节${total === undefined ? '' : `：此机按 4 KB 页计为 ${total}`}，每次分配也略慢。`,
    },
    risk: {
      en: 'A machine that is short of memory already becomes shorter. The kernel needs CONFIG_PAGE_OWNER.',
      zh: '本就缺内存的机器会更缺。内核需有 CONFIG_PAGE_OWNER。',
    },
    undo: UNDO_BOOT,
    rules: [finding.rule],
  };
};
