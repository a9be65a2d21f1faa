import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^dev -[dD]/,
    line: /^MAJOR GENDISK .* ASYNC +SYNC$/,
    ours: /^MAJOR GENDISK .* READ WRITE$/,
    why:
      'On kernels before 5.11 crash names the columns ASYNC and SYNC; here they are READ and WRITE on every kernel, as ' +
      '/sys/block/*/inflight counts.',
  },
  {
    command: /^dev -p/,
    line: / (?:\w{1,3}:\w{1,4}|\w{4}:\w{1,3}) +[A-Z]/,
    ours: / \w{4}:\w{4} +[A-Z]/,
    why: 'Numbers of vendors and devices have four digits, as lspci prints them; crash leaves out the zeros of some.',
  },
  {
    command: /^dev$/,
    line: / (?:cleanup|init)_module\+\d+$/,
    apart: /\S+\+\d+$/g,
    why: 'Where the operations of a module have no symbol of their own, they are named by a symbol before them; it may be another one.',
  },
];
