import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { openDump } from '../src/node/open-dump.ts';
import { renderHtml } from '../src/report/html/render-html.ts';
import { makeReport } from '../src/session/make-report.ts';
import { installed } from '../test/build/debian-package.ts';

/** Writes docs/report-html.png: the beginning of the HTML report of a sample dump, as Chromium shows it. */
const root = resolve(import.meta.dirname, '..');
installed('chromium', 'chromium', 'fonts-noto-cjk', 'fonts-dejavu-core');
const dump = await openDump([join(root, 'samples/amd64-6.1-softirq.vmcore')]);
const folder = mkdtempSync(join(tmpdir(), 'inquest-picture-'));
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  const file = join(folder, 'report.html');
  writeFileSync(file, renderHtml(makeReport(dump.program)));
  const page = await browser.newPage({ viewport: { width: 1280, height: 1400 } });
  await page.goto(`file://${file}`);
  await page.screenshot({ path: join(root, 'docs/report-html.png') });
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
  dump.close();
}
