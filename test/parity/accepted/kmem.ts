import type { Accepted } from '../accepted.ts';

/** Where `kmem` differs from crash's on purpose. */
export const accepted: readonly Accepted[] = [
  {
    command: /^kmem -n$/,
    line: / PHYSICAL START | memory\d+ +[0-9a-f]+ +\d+ /,
    apart: /PHYSICAL (?:START|RANGE)|(?<= memory\d+ +[0-9a-f]+) - [0-9a-f]+| +/g,
    why: 'A memory block is shown with its end on arm64, too; crash does not know the size of a block there.',
  },
  {
    command: /^kmem -V/,
    line: /: -\d+$/,
    apart: /-?\d+$/g,
    alike: (_, ours) => / 0$/.test(ours),
    why: 'A counter that is caught in between is 0, as in /proc/vmstat; crash shows what is negative.',
  },
  {
    command: /^kmem (?:-P )?(?:0x)?[0-9a-f]+$/,
    ours: /^PER-CPU: cpu \d+, offset [0-9a-f]+(?: \(.+\))?$/,
    why: 'An address in the per-CPU data of a CPU is said to be that, with the variable; crash shows its page only.',
  },
  {
    command: /^kmem (?:0x)?[0-9a-f]+$/,
    line: /^[0-9a-f]{16} \(\w\) \S+(?: \[\w+\])? .+: \d+$/,
    ours: /^[0-9a-f]{16} \(\w\) \S+(?: \[\w+\])?$/,
    why: 'The source line of a symbol is what sym and dis -l show; kmem names the symbol.',
  },
  {
    command: /^kmem [a-z_]\w*$/,
    why: 'A symbol may be given instead of its address; crash prints its usage.',
  },
  {
    command: /^kmem -S/,
    line: /^\(empty\)$/,
    ours: /^\(not tracked\)$/,
    why:
      'Full slabs are on a list only where SLAB_STORE_USER is on. Its bit was renumbered in Linux 6.9 (cc61eb851c9a), and ' +
      'crash tests the old one, so that it says there were no full slabs.',
  },
  {
    command: /^kmem -S/,
    ours: /^(?:SLAB\s+MEMORY\s+NODE\s+TOTAL\s+ALLOCATED\s+FREE|FREE \/ \[ALLOCATED\]|\[?[0-9a-f]{16}\]?)$/,
    why: "The objects of the slabs on a node's list of partial ones are shown too; crash shows only those slabs.",
  },
  {
    command: /^kmem -[cCsSvgi]/,
    line: /^(?:kmem: only one (?:kmem_cache reference is allowed|flag allowed!)|Usage:|kmem \[-f\||\[\[-s\||Enter "help kmem")/,
    why: 'Several slab caches may be named at once; other wrong arguments are told in one line that says what is wrong.',
  },
  {
    command: /^kmem -n$/,
    line: /\sUNKNOWN \d+$/,
    ours: /\s(?:ONLINE|OFFLINE|GOING_OFFLINE|GOING_ONLINE)\s+\d+$/,
    why:
      'Where the states of a memory block are an enum (`enum memory_block_state`) its names tell the state; crash knows the ' +
      'bits of before only.',
  },
  {
    command: /^kmem (?:0x)?[0-9a-f]+$/,
    ours: /^(?:ZONE\s+NAME|AREA\s+SIZE|\d+\s+\w+\s+\d+\s+\d+\s+[0-9a-f]{16}|\d+\s+\d+k\s+[0-9a-f]{16}$|[0-9a-f]{16}$|[0-9a-f]{16}\s+\([0-9a-f]+ is )/,
    why: 'A physical address in a free block is said to be free, also where crash shows the page only.',
  },
];
