import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as assertProperty, constantFrom, property } from 'fast-check';
import { checkLayers, withoutComments } from './check-layers.ts';
import type { Layer } from './layers.ts';

const table: Record<string, Layer> = {
  base: { may: [] },
  codec: { may: ['base'], packages: ['zstddec'] },
  arch: { may: ['base'], mayBranch: true },
  commands: { may: ['base'], independent: true },
  node: { may: ['base', 'open'], packages: ['node:'] },
  open: { may: ['base', 'arch'] },
};

/** Problems of a tree; a README is added for every folder unless the test is about READMEs. */
function problems(files: Record<string, string>, readmes = true): string[] {
  const sources = new Map(Object.entries(files));
  if (readmes)
    for (const path of Object.keys(files))
      for (let dir = path; dir.includes('/'); ) {
        dir = dir.slice(0, dir.lastIndexOf('/'));
        sources.set(`${dir}/README.md`, 'What it is.\n');
      }
  return checkLayers(sources, table);
}

function assertProblem(files: Record<string, string>, expected: RegExp): void {
  const found = problems(files);
  assert.equal(found.length, 1, `one problem expected: ${JSON.stringify(found)}`);
  assert.match(found[0] ?? '', expected);
}

const a = { 'base/a.ts': 'export const a = 1;\n' };

test('allowed imports pass: values, types, own layer, multi-line, re-exports, tests', () => {
  const found = problems({
    ...a,
    'base/b.ts': "import {\n  a,\n} from './a.ts';\nexport const b = a;\n",
    'arch/x.ts': "import type { A } from '../base/a.ts';\nexport { b } from '../base/b.ts';\n",
    'open.ts': "import './arch/x.ts';\n",
    'node/f.ts': "import { readSync } from 'node:fs';\nimport { open } from '../open.ts';\n",
    'codec/z.ts': "const { ZSTDDecoder } = await import('zstddec');\n",
    'base/a.test.ts': "import { z } from '../codec/z.ts';\nimport { test } from 'node:test';\n",
  });
  assert.deepEqual(found, []);
});

test('an import against the table is refused, as value, type, re-export, side effect, dynamic or type query', () => {
  const target = { 'codec/z.ts': 'export const z = 1;\n' };
  const forms = [
    "import { z } from '../codec/z.ts';",
    "import type { Z } from '../codec/z.ts';",
    "import {\n  y,\n  z,\n} from '../codec/z.ts';",
    "export * from '../codec/z.ts';",
    "export type { Z } from '../codec/z.ts';",
    "import '../codec/z.ts';",
    "const z = () => import('../codec/z.ts');",
    "type Z = import('../codec/z.ts').Z;",
  ];
  for (const form of forms) assertProblem({ ...target, 'base/x.ts': `${form}\n` }, /base must not import codec/);
});

test('the line of the import is named', () => {
  assertProblem(
    { 'codec/z.ts': '', 'base/x.ts': "/* one\n * two */\n\nimport { z } from '../codec/z.ts';\n" },
    /^src\/base\/x\.ts:4: '\.\.\/codec\/z\.ts'/,
  );
});

test('packages only where the table has them', () => {
  assertProblem({ 'base/x.ts': "import { readSync } from 'node:fs';\n" }, /must not import this package/);
  assertProblem({ 'node/x.ts': "import { ZSTDDecoder } from 'zstddec';\n" }, /must not import this package/);
  assertProblem({ 'codec/x.ts': "import { x } from '@scope/zstddec/sub';\n" }, /must not import this package/);
});

test('an unknown folder or top-level file is refused', () => {
  assertProblem({ 'helpers/x.ts': 'export const x = 1;\n' }, /layer 'helpers' is not in/);
  assertProblem({ 'close.ts': 'export const x = 1;\n' }, /layer 'close' is not in/);
});

test('imports of missing files, of tests and from outside are refused', () => {
  assertProblem({ 'base/x.ts': "import { y } from './y.ts';\n" }, /no such file/);
  assertProblem({ 'base/y.test.ts': '', 'base/x.ts': "import { y } from './y.test.ts';\n" }, /only tests/);
  assertProblem({ 'base/x.ts': "import { y } from '../../test/build/y.ts';\n" }, /outside/);
});

test('value-import cycles are refused, also across files and through import(); type cycles are not', () => {
  assertProblem(
    { 'base/x.ts': "import { y } from './y.ts';\n", 'base/y.ts': "export const y = () => import('./x.ts');\n" },
    /import cycle: base\/x\.ts -> base\/y\.ts -> base\/x\.ts/,
  );
  assertProblem(
    {
      'base/x.ts': "import './y.ts';\n",
      'base/y.ts': "import './z.ts';\n",
      'base/z.ts': "import './y.ts';\n",
    },
    /import cycle: base\/y\.ts -> base\/z\.ts -> base\/y\.ts/,
  );
  assertProblem({ 'base/x.ts': "import './x.ts';\n" }, /import cycle: base\/x\.ts -> base\/x\.ts/);
  const types = { 'base/x.ts': "import type { Y } from './y.ts';\n", 'base/y.ts': "import { x } from './x.ts';\n" };
  assert.deepEqual(problems(types), []);
});

test('independent files do not import each other, but their index may list them', () => {
  const bt = { 'commands/bt.ts': 'export const bt = 1;\n' };
  assertProblem({ ...bt, 'commands/ps.ts': "import type { Bt } from './bt.ts';\n" }, /must not import each other/);
  assert.deepEqual(problems({ ...bt, 'commands/index.ts': "export { bt } from './bt.ts';\n" }), []);
});

test('branching on a CPU, a format or a release is refused in shared layers only', () => {
  const branches = [
    "if (program.arch.name === 'x') f();",
    "const wide = cpuName !== 'x86_64';",
    "  case 'arm64':",
    "if ('aarch64' == machine) f();",
    'switch (image.format.name) {',
    'if (image.elfMachine === 62) f();',
    'if (elfMachine !== EM_AARCH64) f();',
    "if (release.startsWith('4.')) f();",
    "if (facts.release < '5.10') f();",
    'if (kernelVersion >= 510) f();',
    'if (versionAtLeast(5, 10)) f();',
  ];
  for (const branch of branches) {
    assertProblem({ 'base/x.ts': `${branch}\n` }, /^src\/base\/x\.ts:1: branches on/);
    assert.deepEqual(problems({ 'arch/x.ts': `${branch}\n` }), []);
  }
});

test('mentioning a CPU or a release without branching on it passes', () => {
  const text = [
    "// if (arch.name === 'arm64') is what we never write",
    '/* release < "5.10" */',
    "const names = ['x86_64', 'arm64'];",
    "const text = release === undefined ? '' : release;",
    "if (release === '') f();",
    'const found = archs.find((a) => a.elfMachine === image.elfMachine);',
    'if (header.version !== 1) f();',
  ].join('\n');
  assert.deepEqual(problems({ 'base/x.ts': text }), []);
});

test('every folder with sources needs a README with text', () => {
  assert.match(problems({ ...a }, false).join(), /src\/base\/README\.md: missing or empty/);
  assert.match(problems({ ...a, 'base/README.md': ' \n' }, false).join(), /src\/base\/README\.md: missing or empty/);
  const nested = problems({ 'base/README.md': 'x', 'base/deep/x.ts': '' }, false);
  assert.deepEqual(nested, ['src/base/deep/README.md: missing or empty: a folder says what it is for']);
});

test('comments are blanked, strings and regular expressions are kept', () => {
  assert.equal(withoutComments("a('//x'); // y"), "a('//x');     ");
  assert.equal(withoutComments('x /* a\nb */ y'), 'x     \n     y');
  assert.equal(withoutComments('const r = /[/*]\\/*/g; // c'), 'const r = /[/*]\\/*/g;     ');
  assert.equal(withoutComments('const h = a / b; // c / d'), `const h = a / b; ${' '.repeat(8)}`);
  assert.equal(withoutComments('`//x` + "/*"'), '`//x` + "/*"');
});

test('blanking comments keeps every other character in its place, whatever the text', () => {
  const piece = constantFrom('/', '*', '//', '/*', '*/', "'", '"', '`', '\\', '\n', '(', '=', ' ', 'a', '[', ']');
  assertProperty(
    property(array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      const code = withoutComments(text);
      assert.equal(code.length, text.length);
      for (let i = 0; i < text.length; i++) {
        assert.ok(code[i] === text[i] || (code[i] === ' ' && text[i] !== '\n'), JSON.stringify([text, code]));
      }
    }),
  );
});
