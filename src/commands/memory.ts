import { command } from '../report/command.ts';
import { memoryJudgementBlocks, watermarkBlocks } from '../report/memory-judgement-blocks.ts';
import { memoryJudgement } from '../report/memory-judgement-data.ts';
import { type MemoryJudgement, memoryJudgementSchema } from '../report/memory-judgement-schema.ts';
import { type OomScoresData, oomScoreBlocks, oomScoresData, oomScoresSchema } from '../report/oom-score-data.ts';
import { type PageCacheData, pageCacheBlocks, pageCacheData, pageCacheSchema } from '../report/page-cache-data.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { object, optional } from '../report/schema.ts';
import { type WatermarkData, watermarkData, watermarkSchema } from '../report/zone-mark-data.ts';

interface MemoryData {
  readonly judgement?: MemoryJudgement;
  readonly zones?: WatermarkData;
  readonly oom?: OomScoresData;
  readonly files?: PageCacheData;
  readonly problems?: readonly ProblemData[];
}

/** `memory -f`: a walk of this many inodes takes minutes, not hours. */
const LIMITS = { files: 50, inodes: 4_000_000 };
const MOST_PROCESSES = 100_000;

export const memory = command<MemoryData>({
  name: 'memory',
  summary:
    'memory judged as the kernel judges it: watermarks, commitment, who holds it, the OOM killer, files in memory',
  description: [
    'What the kernel would do with the next allocation, and why: free pages against the watermarks that the zones hold, with ' +
      'boost and reserves. How much is committed and what the mode of overcommitting makes of that. Where every page is. The ' +
      'largest slab caches, the processes by the points that the OOM killer gives them, tasks that reclaim memory, control ' +
      'groups with a limit. All numbers are pages.',
    '-f lists the files with the most pages in the page cache and who maps them. It looks at every inode in memory, which takes ' +
      'a while on a big machine.',
  ],
  args: {
    options: [
      { flag: 'z', help: 'zones, watermarks and each comparison that the page allocator makes' },
      { flag: 'o', help: 'all processes in the order of the OOM killer, with the sum of their points' },
      { flag: 'f', help: 'the 50 files with the most pages in the page cache' },
    ],
  },
  examples: [
    { line: 'memory', shows: 'The judgement:' },
    {
      line: 'memory -f',
      shows: 'The page cache by file:',
      output: [
        '1740 pages (6.8 MB) of 25 files: rootfs 957, ext4 515, tmpfs 256, bdev 12',
        '    PAGES       SIZE  SHARE  INODE             TYPE    PATH',
        '      484     1.9 MB  27.8%  ffff8e30411d92f0  rootfs  /bin/busybox  mapped by init 1, sleep 135',
        '      256       1 MB  14.7%  ffff8e304295e860  tmpfs   /tmp/blob',
      ].join('\n'),
    },
  ],
  schema: object('One member for what the options ask for.', {
    judgement: optional(memoryJudgementSchema),
    zones: optional(watermarkSchema),
    oom: optional(oomScoresSchema),
    files: optional(pageCacheSchema),
    problems: optional(problemsSchema),
  }),
  run({ prog }, args) {
    const problems: ProblemData[] = [];
    const data = {
      ...(args.has('z') && { zones: watermarkData(prog, problems) }),
      ...(args.has('o') && { oom: oomScoresData(prog, MOST_PROCESSES, problems) }),
      ...(args.has('f') && { files: pageCacheData(prog, LIMITS, problems) }),
    };
    if (Object.keys(data).length === 0) return { judgement: memoryJudgement(prog) };
    return { ...data, ...problemsOf(problems) };
  },
  *blocks(data) {
    if (data.judgement) {
      yield* memoryJudgementBlocks(data.judgement, 'en');
      yield* problemBlocks(data.judgement);
    }
    if (data.zones) yield* watermarkBlocks(data.zones, 'en');
    if (data.oom) yield* oomScoreBlocks(data.oom);
    if (data.files) yield* pageCacheBlocks(data.files);
    yield* problemBlocks(data);
  },
});
