import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^whatis linux_banner$/,
    line: /^const char linux_banner\[\];$/,
    ours: /^const char linux_banner\[\d+\];$/,
    why: 'The array is as long as its definition says; crash takes a declaration of it that tells no length.',
  },
  {
    command: /^whatis -r /,
    line: /^16\s+(?:__int128(?: unsigned)?|freelist_full_t)$/,
    why: 'Structures and unions are asked for: crash lists integers of 16 bytes with them.',
  },
  {
    command: /^whatis -r /,
    ours: /^\d+\s+\w+$/,
    why: 'Structures that are declared inside a function are found, too, and every typedef of one; crash lists some typedefs.',
  },
  {
    command: /^whatis .*-m /,
    ours: /^\d+\s+\w+$/,
    why:
      'A structure has a member of a type also where it lies in a union, or in a structure that is known by a typedef only ' +
      '(`wait_queue_head_t`); crash does not look into those.',
  },
];
