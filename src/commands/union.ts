import { objectCommand } from '../report/object-command.ts';

export const union = objectCommand({
  name: 'union',
  kind: 'union',
  summary: 'definition or contents of a union',
  examples: [
    { line: 'union thread_union -o', shows: 'A definition with offsets:' },
    { line: 'union nf_inet_addr ffff888003df8a40', shows: 'What is at an address:' },
  ],
});
