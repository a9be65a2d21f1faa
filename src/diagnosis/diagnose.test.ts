import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NotFoundError } from '../base/errors.ts';
import { findingBlocks, findingSentence, topFinding } from '../report/finding-blocks.ts';
import type { RankedFinding } from '../report/finding-data.ts';
import { renderMarkdown } from '../report/render-markdown.ts';
import { renderText } from '../report/render-text.ts';
import type { Case } from './case.ts';
import { diagnose } from './diagnose.ts';
import { rankFindings } from './rank-findings.ts';
import type { Rule } from './rule.ts';

const same = (text: string) => ({ en: text, zh: `${text}。` });
const fact = (value: string) => ({ what: same('value'), value, command: `rd ${value}` });

function finding(rule: string, more: Partial<RankedFinding> = {}): RankedFinding {
  const base = { severity: 'cause', confidence: 'likely', evidence: [] } as const;
  return { rule, ...base, title: same(rule), sentence: same(`${rule} happened`), ...more };
}

function rule(id: string, check: Rule['check']): Rule {
  return { id, title: id, source: 'a test', check };
}

const ids = (findings: readonly RankedFinding[]) => findings.map((f) => f.rule);
const nothing = {} as Case;

test('causes before suspects before context, the surer first, then by the evidence', () => {
  const ranked = rankFindings([
    finding('context', { severity: 'context', confidence: 'certain' }),
    finding('suspect', { severity: 'suspect', confidence: 'certain' }),
    finding('possible', { confidence: 'possible' }),
    finding('doubted', { evidence: [fact('1'), fact('2'), fact('3')], against: [fact('4'), fact('5')] }),
    finding('proved', { evidence: [fact('1')] }),
    finding('certain', { confidence: 'certain' }),
  ]);
  assert.deepEqual(ids(ranked), ['certain', 'proved', 'doubted', 'possible', 'suspect', 'context']);
});

test('a symptom stands behind what explains it, but not behind a mere possibility', () => {
  const bug = finding('bug', { confidence: 'certain' });
  const likely = finding('double-free', { explains: ['bug'] });
  assert.deepEqual(ids(rankFindings([bug, likely])), ['double-free', 'bug']);
  assert.deepEqual(ids(rankFindings([bug, { ...likely, confidence: 'possible' }])), ['bug', 'double-free']);
});

test('a rule that fails is a problem and keeps what it had found; a bug of ours is thrown', () => {
  const partial = rule('partial', function* () {
    yield finding('partial');
    throw new NotFoundError('type', 'kmem_cache');
  });
  const fine = rule('fine', () => [finding('fine')]);
  const { findings, problems } = diagnose(nothing, [partial, fine]);
  assert.deepEqual(ids(findings).sort(), ['fine', 'partial']);
  assert.equal(problems.length, 1);
  assert.match(problems[0]?.why ?? '', /kmem_cache/);
  const broken = rule('broken', () => {
    throw new TypeError('a bug');
  });
  assert.throws(() => diagnose(nothing, [broken]), TypeError);
});

test('a rule that never ends is stopped', () => {
  const endless = rule('endless', function* () {
    for (;;) yield finding('endless');
  });
  const { findings, problems } = diagnose(nothing, [endless]);
  assert.equal(findings.length, 16);
  assert.match(problems[0]?.why ?? '', /stopped/);
});

test('the top finding is a cause, or there is none', () => {
  assert.equal(topFinding([finding('a', { severity: 'context' })]), undefined);
  assert.equal(topFinding([finding('a'), finding('b')])?.rule, 'a');
  assert.equal(findingSentence(finding('a'), 'en'), 'a happened (likely)');
  assert.equal(findingSentence(finding('a'), 'zh'), 'a happened。 (很可能)');
});

test('findings are shown with evidence and commands, in text and Markdown, and hold no control characters', () => {
  const found = [
    finding('a', { evidence: [fact('0x1')], against: [fact('\u001b[31m0x2')], settle: [same('boot with *x*')] }),
  ];
  const text = [...renderText(findingBlocks(found, 'en'))].join('');
  assert.match(text, /^Findings\n\n1\. a \(cause, likely\)\na happened\n {2}- value: 0x1 {2}\[rd 0x1\]\nAgainst it:\n/);
  assert.ok(!text.includes('\u001b'));
  const md = [...renderMarkdown(findingBlocks(found, 'en'))].join('');
  assert.match(md, /\n### 1\\\. a \(cause, likely\)\n/);
  assert.match(md, /boot with \\\*x\\\*/);
});
