import type { Command } from '../report/command.ts';
import { alias } from './alias.ts';
import { ascii } from './ascii.ts';
import { bpf } from './bpf.ts';
import { bt } from './bt.ts';
import { btop } from './btop.ts';
import { coverage } from './coverage.ts';
import { dev } from './dev.ts';
import { dis } from './dis.ts';
import { eval as evaluate } from './eval.ts';
import { exit } from './exit.ts';
import { explain } from './explain.ts';
import { extend } from './extend.ts';
import { files } from './files.ts';
import { foreach } from './foreach.ts';
import { fuser } from './fuser.ts';
import { gdb } from './gdb.ts';
import { help } from './help.ts';
import { ipcs } from './ipcs.ts';
import { irq } from './irq.ts';
import { kmem } from './kmem.ts';
import { list } from './list.ts';
import { log } from './log.ts';
import { mach } from './mach.ts';
import { memory } from './memory.ts';
import { mod } from './mod.ts';
import { mount } from './mount.ts';
import { net } from './net.ts';
import { p } from './p.ts';
import { ps } from './ps.ts';
import { pte } from './pte.ts';
import { ptob } from './ptob.ts';
import { ptov } from './ptov.ts';
import { rd } from './rd.ts';
import { repeat } from './repeat.ts';
import { runq } from './runq.ts';
import { rustfilt } from './rustfilt.ts';
import { sbitmapq } from './sbitmapq.ts';
import { search } from './search.ts';
import { set } from './set.ts';
import { sig } from './sig.ts';
import { storage } from './storage.ts';
import { struct } from './struct.ts';
import { swap } from './swap.ts';
import { sym } from './sym.ts';
import { sys } from './sys.ts';
import { task } from './task.ts';
import { timer } from './timer.ts';
import { tree } from './tree.ts';
import { union } from './union.ts';
import { vm } from './vm.ts';
import { vtop } from './vtop.ts';
import { waitq } from './waitq.ts';
import { waits } from './waits.ts';
import { whatis } from './whatis.ts';
import { wr } from './wr.ts';

/** Every command, in the order in which help lists them. */
export const commands: readonly Command[] = [
  alias,
  ascii,
  bpf,
  bt,
  btop,
  coverage,
  dev,
  dis,
  evaluate,
  exit,
  explain,
  extend,
  files,
  foreach,
  fuser,
  gdb,
  help,
  ipcs,
  irq,
  kmem,
  list,
  log,
  mach,
  memory,
  mod,
  mount,
  net,
  p,
  ps,
  pte,
  ptob,
  ptov,
  rd,
  repeat,
  runq,
  rustfilt,
  sbitmapq,
  search,
  set,
  sig,
  storage,
  struct,
  swap,
  sym,
  sys,
  task,
  timer,
  tree,
  union,
  vm,
  vtop,
  waitq,
  waits,
  whatis,
  wr,
];

export type { Args } from '../report/args.ts';
export { lines } from '../report/block.ts';
export { type Command, type CommandContext, command } from '../report/command.ts';
