import { objectCommand } from '../report/object-command.ts';

export const struct = objectCommand({
  name: 'struct',
  aliases: ['*'],
  summary: 'definition or contents of a structure',
  examples: [
    { line: 'struct list_head', shows: 'A definition:' },
    { line: 'struct page -o', shows: 'With the offsets of members:' },
    { line: 'struct task_struct.pid,comm init_task', shows: 'Members of an object:' },
    { line: 'struct task_struct.comm -l task_struct.tasks ffff888003df8a40', shows: 'From the address of a member:' },
    { line: 'struct list_head -p modules', shows: 'What pointers lead to:' },
  ],
});
