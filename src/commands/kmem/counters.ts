import { vmCounters } from '../../kernel/vm-stat.ts';
import { commandPart } from '../../report/command-part.ts';
import { counterLines, longestName } from '../../report/kernel-memory-lines.ts';
import { integer, object, optional, record } from '../../report/schema.ts';

interface CountersData {
  readonly zone: Readonly<Record<string, number>>;
  readonly node: Readonly<Record<string, number>>;
  readonly numa?: Readonly<Record<string, number>>;
  readonly events: Readonly<Record<string, number>>;
}

/** `kmem -V`: the counters of virtual memory. */
export const counters = commandPart<CountersData>({
  name: 'vmstat',
  flag: 'V',
  schema: object('Counters, by the names of their enumerators.', {
    zone: record('`vm_zone_stat`.', integer('Pages, or what the name says.')),
    node: record('`vm_node_stat`.', integer('Pages, or what the name says.')),
    numa: optional(record('`vm_numa_stat`.', integer('How often.'))),
    events: record('`vm_event_states`, summed over the CPUs.', integer('How often.')),
  }),
  run({ prog }) {
    const found = vmCounters(prog);
    return {
      zone: Object.fromEntries(found.zone),
      node: Object.fromEntries(found.node),
      ...(found.numa.length > 0 && { numa: Object.fromEntries(found.numa) }),
      events: Object.fromEntries(found.events),
    };
  },
  *blocks(data) {
    const [zone, node, events] = [data.zone, data.node, data.events].map((group) => Object.entries(group));
    const width = longestName(zone ?? [], node ?? []);
    yield { kind: 'lines', lines: ['  VM_ZONE_STAT:', ...counterLines(zone ?? [], width), ''] };
    yield { kind: 'lines', lines: ['  VM_NODE_STAT:', ...counterLines(node ?? [], width), ''] };
    const numa = Object.entries(data.numa ?? {});
    if (numa.length > 0) yield { kind: 'lines', lines: ['  VM_NUMA_STAT:', ...counterLines(numa, width), ''] };
    if (events && events.length > 0) {
      yield { kind: 'lines', lines: ['  VM_EVENT_STATES:', ...counterLines(events, longestName(events)), ''] };
    }
  },
});
