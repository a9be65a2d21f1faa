import { existsSync } from 'node:fs';
import { crash, drgn, options, ours, race, vmlinux } from './race.ts';

/** The crashed task's stack with source lines and inlined calls, from vmlinux, as a whole process. */
if (!existsSync(options.dump) || !existsSync(vmlinux)) {
  console.log('no dump or no vmlinux; npm run lab -- peers makes them');
} else {
  const peers = [crash(options.dump, ['bt -l']), drgn(options.dump, 'lines.py')];
  race(`bt -l: ${options.dump}`, [...ours([options.dump, vmlinux], ['bt -l']), ...peers], 400);
}
