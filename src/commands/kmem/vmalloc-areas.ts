import { hex64 } from '../../base/hex.ts';
import { vmapAreas } from '../../kernel/vmalloc.ts';
import { parseAddress } from '../../report/args.ts';
import { commandPart } from '../../report/command-part.ts';
import { VMAP_HEADER, type VmapData, vmapLine, vmapSchema } from '../../report/kernel-memory-lines.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../../report/problems.ts';
import { arrayOf, object, optional } from '../../report/schema.ts';

interface VmallocData {
  readonly areas: readonly VmapData[];
  readonly problems?: readonly ProblemData[];
}

/** `kmem -v`: the areas of vmalloc space, or those that hold the addresses given. */
export const vmallocAreas = commandPart<VmallocData>({
  name: 'vmalloc',
  flag: 'v',
  schema: object('Areas of vmalloc space.', {
    areas: arrayOf('Ascending.', vmapSchema),
    problems: optional(problemsSchema),
  }),
  run({ prog }, args) {
    const { areas, problems } = vmapAreas(prog);
    const wanted = args.operands.map(parseAddress);
    const shown = areas.filter(
      (a) =>
        a.vm !== 0n && (wanted.length === 0 || wanted.some((at) => at !== undefined && at >= a.start && at < a.end)),
    );
    return {
      areas: shown.map((a) => ({
        area: hex64(a.address),
        vm: a.vm === 0n ? null : hex64(a.vm),
        start: hex64(a.start),
        end: hex64(a.end),
        size: Number(a.end - a.start),
      })),
      ...problemsOf(problems),
    };
  },
  *blocks(data) {
    yield { kind: 'lines', lines: [VMAP_HEADER, ...data.areas.map(vmapLine)] };
    yield* problemBlocks(data);
  },
});
