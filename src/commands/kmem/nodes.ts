import { hex64 } from '../../base/hex.ts';
import { memoryBlocks } from '../../kernel/memory-block.ts';
import { attempt } from '../../kernel/note-problem.ts';
import { pageMap } from '../../kernel/page-map.ts';
import { memorySections } from '../../kernel/sparsemem.ts';
import { memoryNodeRecords } from '../../kernel/zone.ts';
import type { Problem } from '../../program/ports.ts';
import { commandPart } from '../../report/command-part.ts';
import { type NodesData, nodesLines, nodesSchema } from '../../report/node-lines.ts';
import { problemBlocks, problemsOf } from '../../report/problems.ts';

/** `kmem -n`: memory nodes, sections of the memory map and memory blocks. */
export const nodes = commandPart<NodesData>({
  name: 'nodes',
  flag: 'n',
  schema: nodesSchema,
  run({ prog }) {
    const found = memoryNodeRecords(prog);
    const problems: Problem[] = [...found.problems];
    const map = attempt(problems, 'memory map', () => pageMap(prog));
    const { sections, pagesPerSection } = memorySections(prog);
    const blocks = attempt(problems, 'memory blocks', () => memoryBlocks(prog)) ?? [];
    const sizeSymbol = prog.findSymbol('sections_per_block');
    const perBlock = sizeSymbol ? prog.memory.i32(sizeSymbol.address) : 1;
    const blockBytes = perBlock * pagesPerSection * prog.pageSize;
    const pageAt = (frame: number): string => hex64(map?.pageOf(frame) ?? 0n);
    return {
      nodes: found.nodes.map((node) => ({
        node: node.id,
        address: hex64(node.address),
        size: node.spanned,
        memMap: pageAt(node.startFrame),
        startAddress: node.startFrame * prog.pageSize,
        startFrame: node.startFrame,
        zones: node.zones.map((zone) => ({
          zone: zone.index,
          name: zone.name,
          address: hex64(zone.address),
          size: zone.spanned,
          memMap: zone.spanned === 0 ? hex64(0n) : pageAt(zone.startFrame),
          startAddress: zone.spanned === 0 ? 0 : zone.startFrame * prog.pageSize,
          startFrame: zone.spanned === 0 ? 0 : zone.startFrame,
        })),
      })),
      sections: sections.map((s) => ({
        number: s.number,
        address: hex64(s.address),
        codedMap: hex64(s.codedMap),
        map: hex64(s.map),
        state: sectionState(s.flags),
        frame: s.firstFrame,
      })),
      blocks: blocks.map((b) => ({
        address: hex64(b.address),
        name: b.name,
        start: b.startSection * pagesPerSection * prog.pageSize,
        end: b.startSection * pagesPerSection * prog.pageSize + blockBytes - 1,
        node: b.node,
        state: b.state,
        startSection: b.startSection,
      })),
      ...problemsOf(problems),
    };
  },
  *blocks(data) {
    yield { kind: 'lines', lines: nodesLines(data) };
    yield* problemBlocks(data);
  },
});

/** SECTION_MARKED_PRESENT, _HAS_MEM_MAP, _IS_ONLINE, _IS_EARLY, _TAINT_ZONE_DEVICE (include/linux/mmzone.h). */
function sectionState(flags: number): string {
  return ['P', 'M', 'O', 'E', 'D'].filter((_, bit) => (flags >>> bit) & 1).join('');
}
