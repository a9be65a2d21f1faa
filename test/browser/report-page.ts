import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { compareReports } from '../../src/diagnosis/compare/compare-reports.ts';
import { openDump } from '../../src/node/open-dump.ts';
import { comparisonBlocks } from '../../src/report/comparison-blocks.ts';
import type { CrashReport } from '../../src/report/crash-report.ts';
import { blocksPage } from '../../src/report/html/blocks-html.ts';
import { renderHtml } from '../../src/report/html/render-html.ts';
import { makeReport } from '../../src/session/make-report.ts';
import { hostileReport } from '../build/hostile-report.ts';
import { madeUpReport } from '../build/made-up-report.ts';
import { SAMPLES, samplePath } from '../build/sample-dump.ts';

/** Chromium has no sandbox for root. */
const browser: Browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const folder = mkdtempSync(join(tmpdir(), 'inquest-browser-'));
after(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

async function reportOf(sample: (typeof SAMPLES)[number]): Promise<CrashReport> {
  const dump = await openDump([samplePath(sample)]);
  try {
    return makeReport(dump.program, { locals: true });
  } finally {
    dump.close();
  }
}

const pages = new Map<string, string>();
for (const name of SAMPLES) {
  const report = await reportOf(name);
  pages.set(`${name} en`, renderHtml(report, 'en'));
  pages.set(`${name} zh`, renderHtml(report, 'zh'));
}
pages.set('made up en', renderHtml(madeUpReport(), 'en'));
pages.set('hostile zh', renderHtml(hostileReport(), 'zh'));
const two = compareReports([
  { name: 'a', report: madeUpReport() },
  { name: 'b', report: madeUpReport() },
]);
pages.set('comparison en', blocksPage([...comparisonBlocks(two, 'en')], 'en'));

interface Look {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
  readonly script?: boolean;
}

/** Opens a page from a file, as a reader does, and holds everything that it complains about or asks the network for. */
async function opened(name: string, look: Look, use: (page: Page) => Promise<void>): Promise<void> {
  const file = join(folder, `${name.replaceAll(' ', '-')}.html`);
  writeFileSync(file, pages.get(name) ?? '');
  const context = await browser.newContext({
    viewport: { width: look.width ?? 1280, height: 900 },
    colorScheme: look.scheme ?? 'light',
    javaScriptEnabled: look.script ?? true,
    bypassCSP: false,
  });
  const complaints: string[] = [];
  try {
    const page = await context.newPage();
    page.on('console', (m) => complaints.push(`${m.type()}: ${m.text()}`));
    page.on('pageerror', (e) => complaints.push(String(e)));
    page.on('request', (r) => {
      if (r.url() !== `file://${file}`) complaints.push(`asks for ${r.url()}`);
    });
    page.on('dialog', (d) => complaints.push(`dialog: ${d.message()}`));
    await page.goto(`file://${file}`);
    await use(page);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

const allOpen = (page: Page): Promise<boolean> =>
  page.evaluate("[...document.querySelectorAll('details')].every((d) => d.open)");
const background = (page: Page): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');

for (const name of pages.keys()) {
  test(`${name}: opens without a complaint, has its landmarks and its language`, () =>
    opened(name, {}, async (page) => {
      assert.equal(await page.getAttribute('html', 'lang'), name.endsWith('zh') ? 'zh-Hans' : 'en');
      assert.equal(await page.locator('h1').count(), 1);
      for (const part of ['main', 'nav', 'header', 'footer']) assert.equal(await page.locator(part).count(), 1, part);
      const broken = await page.evaluate(
        '[...document.querySelectorAll(\'a[href^="#"]\')].map((a) => a.hash.slice(1)).filter((id) => !document.getElementById(id))',
      );
      assert.deepEqual(broken, []);
      const twice = await page.evaluate(
        "(() => { const ids = [...document.querySelectorAll('[id]')].map((e) => e.id); return ids.filter((id, i) => ids.indexOf(id) !== i); })()",
      );
      assert.deepEqual(twice, []);
    }));

  for (const scheme of ['light', 'dark'] as const) {
    test(`${name}: axe finds nothing, ${scheme}, everything open`, () =>
      opened(name, { scheme }, async (page) => {
        await page.click('#fold');
        // Evaluated by the debugger: the page's own policy lets no other script run.
        await page.evaluate(readFileSync(process.env.AXE_SCRIPT ?? '', 'utf8'));
        const violations = (await page.evaluate(
          'axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations.map((v) => v.id + ": " + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + " " + n.failureSummary).join(" | ")))',
        )) as string[];
        assert.deepEqual(violations, []);
      }));
  }

  test(`${name}: a phone shows it without scrolling sideways, folded and open`, () =>
    opened(name, { width: 390 }, async (page) => {
      for (const open of [false, true]) {
        if (open) await page.click('#fold');
        const width = await page.evaluate('document.documentElement.scrollWidth');
        assert.equal(width, 390, open ? 'open' : 'folded');
      }
    }));
}

const [sample = ''] = pages.keys();

test('folding: one by mouse and by keyboard, all by the button', () =>
  opened(sample, {}, async (page) => {
    const closed = page.locator('details:not([open]) > summary').first();
    const part = page.locator('details').filter({ has: closed }).first();
    await closed.focus();
    const before = await page.locator('details[open]').count();
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('details[open]').count(), before + 1);
    assert.ok(part);
    await page.click('#fold');
    assert.equal(await allOpen(page), true);
    assert.equal(await page.getAttribute('#fold', 'aria-pressed'), 'true');
    await page.click('#fold');
    assert.equal(await page.locator('details[open]').count(), 0);
  }));

test('dark and light follow the system, and the button changes them', () =>
  opened(sample, { scheme: 'dark' }, async (page) => {
    const dark = await background(page);
    await page.click('#theme');
    const light = await background(page);
    assert.notEqual(light, dark);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.click('#theme');
    assert.equal(await background(page), dark);
  }));

test('the keyboard reaches the report first, then every control, and each shows that it is there', () =>
  opened(sample, {}, async (page) => {
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('document.activeElement.className'), 'skip');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate('document.activeElement.id'), 'main');
    for (let i = 0; i < 25; i++) {
      await page.keyboard.press('Tab');
      const shown = await page.evaluate(
        "(() => { const e = document.activeElement; return e === document.body || (getComputedStyle(e).outlineStyle !== 'none' && e.getClientRects().length > 0); })()",
      );
      assert.equal(shown, true, `stop ${i}`);
    }
  }));

test('on paper everything is open, and afterwards as it was', () =>
  opened(sample, {}, async (page) => {
    const before = await page.locator('details[open]').count();
    await page.evaluate(
      "window.sawAllOpen = null; addEventListener('beforeprint', () => setTimeout(() => {}, 0)); void 0",
    );
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    assert.equal(await allOpen(page), true);
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    assert.equal(await page.locator('details[open]').count(), before);
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.locator('.top').isVisible(), false);
    const paper = await page.pdf({ format: 'A4' });
    assert.ok(paper.length > 20_000, `${paper.length} bytes`);
  }));

test('without its script the page shows the same, but for the buttons', () =>
  opened(sample, { script: false }, async (page) => {
    assert.equal(await page.locator('button:visible').count(), 0);
    assert.ok((await page.locator('main > section').count()) > 5);
  }));

test('a copy button copies its command and says so', () =>
  opened('made up en', {}, async (page) => {
    await page.evaluate(
      'window.copied = []; navigator.clipboard.writeText = async (t) => void window.copied.push(t); void 0',
    );
    const button = page.locator('button.copy:visible').first();
    const text = await button.getAttribute('data-copy');
    await button.click();
    assert.deepEqual(await page.evaluate('window.copied'), [text]);
    assert.equal(await button.textContent(), '\u2713');
  }));

test('what a dump says is text, whatever it looks like', () =>
  opened('hostile zh', {}, async (page) => {
    assert.equal(await page.evaluate('window.pwned'), undefined);
    assert.equal(await page.locator('main img, main iframe, main script, main style, main link, main form').count(), 0);
    assert.ok((await page.textContent('main'))?.includes('<img src=x onerror='));
  }));
