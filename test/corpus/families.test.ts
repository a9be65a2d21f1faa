import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLines } from '../../src/log/read-lines.ts';
import { formatFamilies } from '../../src/oops/formats/index.ts';
import { matchWhole } from '../../src/oops/match-start.ts';
import type { ReportFormat } from '../../src/oops/report-format.ts';
import { OWN_CORPUS, readCorpus } from './read-corpus.ts';

/** The formats that a line fits when every one is tried. */
function fitting(all: readonly ReportFormat[], text: string): ReportFormat[] {
  const found: ReportFormat[] = [];
  for (const format of all) {
    if ((format.kernelOnly && found.length > 0) || !format.start.test(text)) continue;
    found.push(format);
    if (!format.next) break;
  }
  return found;
}

test('the words by which families of formats are chosen leave no format out', () => {
  const all = formatFamilies.flatMap((family) => family.formats());
  let reports = 0;
  for (const { log } of readCorpus(OWN_CORPUS)) {
    for (const { text } of readLines(new TextEncoder().encode(log))) {
      const found = matchWhole(text)?.formats.map(({ format }) => format.title) ?? [];
      const wanted = fitting(all, text).map((format) => format.title);
      assert.deepEqual(found, wanted, text);
      if (found.length > 0) reports++;
    }
  }
  assert.ok(reports > 500, `${reports}`);
});
