import { existsSync } from 'node:fs';
import { crash, drgn, options, ours, race, vmlinux } from './race.ts';

/**
 * The first answer of a dump (sys, ps, log, mod, bt), without debug info, as a whole process, in turn with crash and drgn,
 * which need it.
 */
const COMMANDS = ['sys', 'ps', 'log', 'mod', 'bt'];
const LEAST = 4000;

for (const [title, dump, peers] of [
  ['ELF dump', options.dump, [crash(options.dump, COMMANDS), drgn(options.dump, 'first-answer.py')]],
  ['zlib kdump', options.kdump, [crash(options.kdump, COMMANDS)]],
] as const) {
  if (!existsSync(dump)) {
    console.log(`\n${title}: no ${dump}; npm run lab -- peers makes it`);
    continue;
  }
  if (!existsSync(vmlinux)) console.log(`\n${title}: no vmlinux for the peers; npm run lab -- peers fetches it`);
  race(`${title}: ${dump}`, [...ours([dump], COMMANDS), ...(existsSync(vmlinux) ? peers : [])], LEAST);
}
