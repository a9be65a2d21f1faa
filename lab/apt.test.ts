import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDebName } from './apt.ts';
import { compareVersions } from './kernels.ts';

test('name and version of a package file, the epoch’s colon included', () => {
  assert.deepEqual(parseDebName('/x/makedumpfile_1%3a1.7.8-1_arm64.deb'), {
    name: 'makedumpfile',
    version: '1:1.7.8-1',
  });
  assert.equal(parseDebName('Packages.gz'), undefined);
});

test('the newest kernel is the one with the greatest numbers', () => {
  const names = ['6.1.0-9-cloud-amd64', '6.1.0-56-cloud-amd64', '6.1.0-47-cloud-amd64'];
  assert.equal(names.sort(compareVersions).at(-1), '6.1.0-56-cloud-amd64');
});
