import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { madeUpReport } from '../../test/build/made-up-report.ts';
import { UsageError } from '../base/errors.ts';
import { blamedFunctions } from '../diagnosis/fixes/blamed-functions.ts';
import { changedFunctionsOf } from '../diagnosis/fixes/git-log.ts';
import { fixesBlocks } from '../report/fixes-blocks.ts';
import { type FixesData, fixesSchema } from '../report/fixes-data.ts';
import { renderText } from '../report/render-text.ts';
import { schemaProblems } from '../report/schema-check.ts';
import { searchFixes } from './fix-search.ts';

const base = mkdtempSync(join(tmpdir(), 'inquest-fixes-test-'));
after(() => rmSync(base, { recursive: true }));
const repository = join(base, 'linux');
let clock = 1_700_000_000;

function git(...args: string[]): string {
  const who = ['-c', 'user.name=T', '-c', 'user.email=t@example.org', '-c', 'commit.gpgsign=false'];
  const env = { ...process.env, GIT_COMMITTER_DATE: `${clock} +0000`, GIT_AUTHOR_DATE: `${clock} +0000` };
  return execFileSync('git', ['-C', repository, ...who, ...args], {
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

/** The text of mm/slub.c with a line in one or more functions changed. */
function slub(lines: Readonly<Record<string, string>> = {}): string {
  const functions = ['set_freepointer', '__slab_free', 'kmem_cache_free', 'unrelated_thing'];
  return functions
    .map(
      (name) =>
        `static void ${name}(struct kmem_cache *s, void *x)\n{\n\tint a = 0;\n\n\n\tif (a)\n\t\tgoto out;\n\t${lines[name] ?? 'a++;'}\nout:\n\treturn;\n}\n`,
    )
    .join('\n');
}

const state: Record<string, string> = {};

function commit(message: string, change: Readonly<Record<string, string>>): string {
  Object.assign(state, change);
  clock += 3600;
  writeFileSync(join(repository, 'mm/slub.c'), slub(state));
  git('add', '.');
  git('commit', '-q', '--allow-empty', '-m', message);
  return git('rev-parse', 'HEAD');
}

mkdirSync(join(repository, 'mm'), { recursive: true });
mkdirSync(join(repository, 'fs/ext4'), { recursive: true });
git('init', '-q', '-b', 'master');
writeFileSync(
  join(repository, 'fs/ext4/super.c'),
  'static void ext4_i_callback(struct rcu_head *head)\n{\n\tkmem_cache_free(c, head);\n}\n',
);
const culprit = commit('mm: slub: add a fast path to __slab_free', { __slab_free: 'a = 1;' });
git('tag', 'v6.1');
const backported = commit(
  `mm: slub: fix double free in __slab_free on retry\n\nFixes: ${culprit.slice(0, 12)}\nCc: stable@vger.kernel.org`,
  { __slab_free: 'a = 2;' },
);
const newer = commit('mm: slub: rewrite unrelated_thing', { unrelated_thing: 'a = 3;' });
const fix = commit(
  `mm: slub: do not free an object twice\n\nThe retry in __slab_free() could free it a second time: double free.\n\n  __slab_free+0x118/0x2d0\n\nFixes: ${culprit.slice(0, 12)} ("mm: slub: add a fast path to __slab_free")\nCc: stable@vger.kernel.org`,
  { __slab_free: 'a = 4;' },
);
const later = commit(`mm: slub: fix double free of new objects in __slab_free\n\nFixes: ${newer.slice(0, 12)}`, {
  __slab_free: 'a = 5;',
});
const follow = commit(`mm: slub: fix build of the last change\n\nFixes: ${fix.slice(0, 12)}`, {
  unrelated_thing: 'a = 6;',
});
commit('mm: slub: fix typo in comment of __slab_free', { __slab_free: 'a = 7;' });
const named = commit(
  'ext4: fix use-after-free of inodes\n\next4_i_callback() runs too early, __slab_free then dies: double free.\nCc: stable@vger.kernel.org',
  {},
);
git('tag', 'v6.2');
git('checkout', '-q', '-b', 'stable', 'v6.1');
commit(`mm: slub: fix double free in __slab_free on retry\n\ncommit ${backported} upstream.\n`, {
  __slab_free: 'a = 2;',
  unrelated_thing: 'a++;',
});
git('tag', 'v6.1.192');
const copy = commit(`mm: slub: do not free an object twice\n\n[ Upstream commit ${fix} ]\n`, { __slab_free: 'a = 4;' });
git('tag', 'v6.1.193');
git('checkout', '-q', 'master');

function fixes(): FixesData {
  return searchFixes(madeUpReport(), repository);
}

test('the commit that mends the blamed function is first, with its tag, its copy and what must follow it', () => {
  const data = fixes();
  assert.deepEqual(schemaProblems(fixesSchema, data), []);
  assert.equal(data.base, 'v6.1.192');
  assert.deepEqual(data.doubts, []);
  const [first] = data.fixes;
  assert.equal(first?.hash, fix);
  assert.equal(first?.firstIn, 'v6.2');
  assert.deepEqual(first?.backports, [{ hash: copy, firstIn: 'v6.1.193' }]);
  assert.deepEqual(first?.followedBy, [{ hash: follow, subject: 'mm: slub: fix build of the last change' }]);
  assert.deepEqual(first?.fixes, [{ hash: culprit, inDump: true }]);
  assert.equal(data.functions.find((f) => f.name === '__slab_free')?.file, 'mm/slub.c');
  const text = [...renderText(fixesBlocks(data, 'en'))].join('');
  assert.match(text, /1\. [0-9a-f]{12} mm: slub: do not free an object twice/);
  assert.match(text, /v6\.1\.193/);
});

test('what the kernel has as a copy, what mends a newer bug, and tidying are not proposed', () => {
  const hashes = fixes().fixes.map((f) => f.hash);
  assert.ok(!hashes.includes(backported), 'the kernel has a copy');
  assert.ok(!hashes.includes(later), 'it mends what the kernel does not have');
  assert.ok(fixes().present >= 1);
  const typo = fixes().fixes.find((f) => /typo/.test(f.subject));
  assert.ok(typo === undefined || typo.score < (fixes().fixes[0]?.score ?? 0) / 2);
});

test('a commit whose message names what died is found, though it changes another file', () => {
  const found = fixes().fixes.find((f) => f.hash === named);
  assert.ok(found?.reasons.some((r) => r.en === 'names __slab_free'));
  assert.ok((found?.score ?? 0) < (fixes().fixes[0]?.score ?? 0));
});

test('without a tag of the release the nearest one is taken, and that is said', () => {
  const made = madeUpReport();
  const data = searchFixes(
    { ...made, system: { ...made.system, release: '6.1.77-vendor', version: '#1 SMP' } },
    repository,
  );
  assert.equal(data.base, 'v6.1');
  assert.match(data.doubts[0]?.en ?? '', /no tag of 6\.1\.77-vendor/);
  assert.ok(data.fixes.some((f) => f.hash === backported));
});

test('a shallow clone: what it cannot know is said', () => {
  const clone = join(base, 'shallow');
  execFileSync('git', ['clone', '-q', '--depth', '3', `file://${repository}`, clone], { stdio: 'ignore' });
  const data = searchFixes(madeUpReport(), clone);
  assert.ok(data.doubts.some((d) => /shallow/.test(d.en)));
  assert.ok(data.doubts.some((d) => /no tag of/.test(d.en)));
  assert.ok(data.fixes.some((f) => f.hash === named));
  assert.ok(!data.fixes.some((f) => f.hash === follow), 'the commit at which it ends only seems to add everything');
});

test('a clone without contents of files is searched by its messages, and that is said', () => {
  const clone = join(base, 'partial');
  execFileSync('git', ['-C', repository, 'config', 'uploadpack.allowFilter', 'true']);
  const from = `file://${repository}`;
  execFileSync('git', ['clone', '-q', '--bare', '--filter=blob:none', from, clone], { stdio: 'ignore' });
  const data = searchFixes(madeUpReport(), clone);
  assert.ok(data.doubts.some((d) => /lacks contents/.test(d.en)));
  assert.ok(data.fixes.some((f) => f.hash === named));
});

test('a hostile report asks git nothing of its own', () => {
  const made = madeUpReport();
  const bad = { ...made, findings: [], stack: null, crash: { ...made.crash, function: '--output=/tmp/x' } };
  assert.throws(() => searchFixes(bad, repository), UsageError);
  const hostile = { ...made, system: { ...made.system, release: '--all', version: '; touch x' } };
  assert.ok(searchFixes(hostile, repository).doubts.length > 0);
  assert.throws(() => searchFixes(made, base), /not a git repository/);
});

test('a function is known by the head of its hunk, and passages of every stack are not blamed', () => {
  assert.deepEqual(changedFunctionsOf('@@ -1,2 +3,4 @@ static int f(struct page *p)\n+\tx();\n'), ['f']);
  assert.deepEqual(changedFunctionsOf('@@ -1 +3 @@ struct x {\n+int g(void)\n'), ['g']);
  const names = blamedFunctions(madeUpReport()).map((b) => b.name);
  assert.deepEqual(names, ['__slab_free', 'ext4_i_callback']);
});
