/**
 * The tree of control groups (version 2) with the tasks of each: `node cgroups.ts <vmcore>`.
 */
import type { Addr } from 'inquest';
import { findTask, listEntries } from 'inquest/kernel';
import { type OpenedProgram, open } from 'inquest/node';

export interface ControlGroup {
  readonly address: Addr;
  /** `/` of the root. */
  readonly name: string;
  /** `struct task_struct *` of its threads. */
  readonly tasks: readonly Addr[];
  readonly children: readonly ControlGroup[];
}

/** @param address `struct cgroup *` */
export function controlGroup(prog: OpenedProgram, address: Addr, depth = 0): ControlGroup {
  const cgroup = prog.at('cgroup', address);
  const name = cgroup.get('kn').get('name').toText();
  const children: ControlGroup[] = [];
  if (depth < 64) {
    for (const link of listEntries(prog, cgroup.get('self.children').address, 'children of a cgroup')) {
      const css = prog.container(link, 'cgroup_subsys_state', 'sibling');
      children.push(controlGroup(prog, prog.container(css, 'cgroup', 'self'), depth + 1));
    }
  }
  return { address, name: name || '/', tasks: tasksOf(prog, address), children };
}

/** A task belongs to a `css_set`, which is linked to every cgroup that it is in. */
function tasksOf(prog: OpenedProgram, cgroup: Addr): Addr[] {
  const tasks: Addr[] = [];
  for (const link of listEntries(prog, prog.at('cgroup', cgroup).get('cset_links').address, 'css_sets of a cgroup')) {
    const cset = prog.at('cgrp_cset_link', prog.container(link, 'cgrp_cset_link', 'cset_link')).get('cset');
    // those that are being moved are on a list of their own
    for (const member of ['tasks', 'mg_tasks']) {
      for (const entry of listEntries(prog, cset.get(member).address, `${member} of a css_set`)) {
        tasks.push(prog.container(entry, 'task_struct', 'cg_list'));
      }
    }
  }
  return tasks;
}

function print(prog: OpenedProgram, group: ControlGroup, indent = ''): void {
  const names = group.tasks.map((t) => findTask(prog, t)?.comm ?? '?').sort();
  const some = names.slice(0, 5).join(', ');
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  console.log(`${indent}${group.name}  ${names.length} tasks${names.length > 0 ? `: ${some}${more}` : ''}`);
  for (const child of group.children) print(prog, child, `${indent}  `);
}

const [dump] = process.argv.slice(2);
if (dump === undefined) throw new Error('usage: node cgroups.ts <vmcore>');
const prog = await open(dump);
const root = prog.at('cgroup_root', prog.symbol('cgrp_dfl_root'));
print(prog, controlGroup(prog, root.get('cgrp').address));
prog.close();
