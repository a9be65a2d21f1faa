import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDump } from '../../src/node/open-dump.ts';
import { FullSession } from '../../src/session/full-session.ts';
import { makeReport } from '../../src/session/make-report.ts';
import { SAMPLES, samplePath } from '../build/sample-dump.ts';
import { checkEvidence } from './check-evidence.ts';
import { EXPECTED, type Expected } from './expected.ts';
import { judge } from './judge.ts';

for (const name of SAMPLES) {
  test(`${name}: the double free is the top finding, and every value is in the answer of its command`, async () => {
    const dump = await openDump([samplePath(name)]);
    try {
      const { findings, objects } = makeReport(dump.program);
      assert.deepEqual(judge(findings, EXPECTED.rcuinode as Expected), []);
      assert.equal(findings[0]?.confidence, 'certain');
      const freed = objects.find((o) => o.cache === 'ext4_inode_cache');
      assert.equal(freed?.allocated, false);
      assert.match(freed?.name.en ?? '', /inode \d+, REG, ext4 on /);
      const { checked, wrong } = checkEvidence(new FullSession(dump.program, { dumpNames: [name] }), findings);
      assert.deepEqual(wrong, []);
      assert.ok(checked >= 10, `${checked} values`);
    } finally {
      dump.close();
    }
  });
}

test('what is wrong with findings is told', () => {
  const none = judge([], EXPECTED.null as Expected);
  assert.deepEqual(none, ['nothing was found']);
  const phrase = { en: 'NULL pointer', zh: '' };
  const suspect = {
    rule: 'r',
    severity: 'suspect',
    confidence: 'likely',
    title: phrase,
    sentence: phrase,
    evidence: [],
  } as const;
  const wrong = judge([suspect, suspect], { says: /double free/, module: 'm', object: true, innocent: true }).join(
    '; ',
  );
  for (const part of [
    /top finding is suspect/,
    /does not say/,
    /module \(none\)/,
    /no object/,
    /suspect: NULL/,
    /no Chinese/,
  ]) {
    assert.match(wrong, part);
  }
});
