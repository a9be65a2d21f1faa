import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { installed } from '../build/debian-package.ts';

/** Opens reports in a real Chromium (`npm run test:browser`). As root it is installed from Debian when it is missing. */
installed('chromium', 'chromium', 'fonts-noto-cjk', 'fonts-dejavu-core');
process.env.AXE_SCRIPT = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
if (readFileSync(process.env.AXE_SCRIPT).length === 0) throw new Error('axe-core is empty');

const stream = run({
  files: [join(resolve(import.meta.dirname), 'report-page.ts')],
  isolation: 'none',
  timeout: 300_000,
});
stream.on('test:fail', () => {
  process.exitCode = 1;
});
stream.compose(new spec()).pipe(process.stdout);
