import type { Command } from '../report/command.ts';
import { bt } from './bt.ts';
import { dis } from './dis.ts';
import { exit } from './exit.ts';
import { help } from './help.ts';
import { list } from './list.ts';
import { log } from './log.ts';
import { mod } from './mod.ts';
import { mount } from './mount.ts';
import { ps } from './ps.ts';
import { rd } from './rd.ts';
import { set } from './set.ts';
import { sym } from './sym.ts';
import { sys } from './sys.ts';

/** Every command, in the order in which help lists them. */
export const commands: readonly Command[] = [bt, dis, exit, help, list, log, mod, mount, ps, rd, set, sym, sys];

export type { Args } from '../report/args.ts';
export type { Command, CommandContext } from '../report/command.ts';
