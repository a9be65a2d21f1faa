import assert from 'node:assert/strict';
import { test } from 'node:test';
import { debugPackageHint } from './debug-package-hint.ts';

const cases: readonly (readonly [release: string, version: string, banner: string, name: string, command: RegExp])[] = [
  [
    '6.1.0-56-cloud-amd64',
    '#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)',
    'Linux version 6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org)',
    'linux-image-6.1.0-56-cloud-amd64-dbg',
    /^apt install linux-image-6\.1\.0-56-cloud-amd64-dbg$/,
  ],
  ['6.8.0-45-generic', '#45-Ubuntu SMP', '', 'linux-image-6.8.0-45-generic-dbgsym', /ddebs\.ubuntu\.com/],
  [
    '6.10.3-200.fc40.x86_64',
    '#1 SMP',
    '',
    'kernel-debuginfo-6.10.3-200.fc40.x86_64',
    /install kernel-debuginfo-6\.10\.3-200\.fc40\.x86_64$/,
  ],
  [
    '5.14.0-427.13.1.el9_4.x86_64',
    '#1 SMP',
    '',
    'kernel-debuginfo-5.14.0-427.13.1.el9_4.x86_64',
    /^dnf debuginfo-install kernel-5\.14\.0-427\.13\.1\.el9_4\.x86_64$/,
  ],
  [
    '3.10.0-1160.el7.x86_64',
    '#1 SMP',
    '',
    'kernel-debuginfo-3.10.0-1160.el7.x86_64',
    /^debuginfo-install kernel-3\.10\.0-1160\.el7\.x86_64$/,
  ],
  [
    '5.10.0-216.0.0.115.oe2203sp4.x86_64',
    '#1 SMP',
    '',
    'kernel-debuginfo-5.10.0-216.0.0.115.oe2203sp4.x86_64',
    /install kernel-debuginfo-5\.10\.0-216/,
  ],
  [
    '6.4.0-150600.23.17-default',
    '#1 SMP',
    'Linux version 6.4.0-150600.23.17-default (geeko@buildhost)',
    'kernel-default-debuginfo for 6.4.0-150600.23.17-default',
    /^zypper --plus-content debug install kernel-default-debuginfo-\$\(.* \| grep -o '6\\\.4\\\.0-150600\\\.23\\\.17\\\./,
  ],
  [
    '6.6.40-amd64-desktop-hwe',
    '#23.01 SMP deepin',
    '',
    'linux-image-6.6.40-amd64-desktop-hwe-dbg',
    /^apt install linux-image-/,
  ],
  [
    '6.6.51-amd64-desktop-hwe',
    '#23.01.00.38.1 SMP PREEMPT_DYNAMIC Fri Oct 11 09:55:36 CST 2024',
    '',
    'linux-image-6.6.51-amd64-desktop-hwe-dbg',
    /^apt install linux-image-/,
  ],
  [
    '4.19.90-2211.5.0.0178.22.uel20.x86_64',
    '#1 SMP',
    '',
    'kernel-debuginfo-4.19.90-2211.5.0.0178.22.uel20.x86_64',
    /^dnf .* install kernel-debuginfo-4\.19/,
  ],
  ['4.19.90-52.22.v2207.ky10.x86_64', '#1 SMP', '', 'kernel-debuginfo-4.19.90-52.22.v2207.ky10.x86_64', /^dnf/],
  ['6.6.0-28.0.0.34.oe2403.aarch64', '#1 SMP', '', 'kernel-debuginfo-6.6.0-28.0.0.34.oe2403.aarch64', /^dnf/],
  [
    '6.10.3-200.fc40.x86_64+debug',
    '#1 SMP',
    '',
    'kernel-debug-debuginfo-6.10.3-200.fc40.x86_64',
    /install kernel-debug-debuginfo-6\.10\.3-200\.fc40\.x86_64$/,
  ],
  [
    '5.14.0-427.13.1.el9_4.aarch64+64k',
    '#1 SMP',
    '',
    'kernel-64k-debuginfo-5.14.0-427.13.1.el9_4.aarch64',
    /^dnf debuginfo-install kernel-64k-5\.14\.0-427\.13\.1\.el9_4\.aarch64$/,
  ],
  [
    '4.18.0-553.rt7.342.el8_10.x86_64',
    '#1 SMP PREEMPT_RT',
    '',
    'kernel-rt-debuginfo-4.18.0-553.rt7.342.el8_10.x86_64',
    /^dnf debuginfo-install kernel-rt-4\.18/,
  ],
  [
    '3.10.0-1160.el7.x86_64.debug',
    '#1 SMP',
    '',
    'kernel-debug-debuginfo-3.10.0-1160.el7.x86_64',
    /^debuginfo-install kernel-debug-3\.10\.0-1160\.el7\.x86_64$/,
  ],
  [
    '5.15.0-200.131.27.el9uek.x86_64',
    '#2 SMP',
    '',
    'kernel-uek-debuginfo-5.15.0-200.131.27.el9uek.x86_64',
    /^dnf debuginfo-install kernel-uek-5\.15/,
  ],
  ['4.14.355-275.572.amzn2.x86_64', '#1 SMP', '', 'kernel-debuginfo-4.14.355-275.572.amzn2.x86_64', /^yum/],
  [
    '6.4.0-150600.23.17-64kb',
    '#1 SMP',
    '',
    'kernel-64kb-debuginfo for 6.4.0-150600.23.17-64kb',
    /kernel-64kb-debuginfo-\$/,
  ],
  ['5.11.4-1-default', '#1 SMP', '', 'kernel-default-debuginfo for 5.11.4-1-default', /grep -o '5\\\.11\\\.4-1\\\./],
  ['6.10.2-arch1-1', '#1 SMP PREEMPT_DYNAMIC', '', 'linux-debug', /debuginfod\.archlinux\.org/],
  [
    '6.6.41-1-lts',
    '#1 SMP PREEMPT_DYNAMIC',
    'Linux version 6.6.41-1-lts (linux-lts@archlinux)',
    'linux-lts-debug',
    /arch/,
  ],
];

for (const [release, version, linuxBanner, name, command] of cases) {
  test(`the package with the debug information of ${release}`, () => {
    const hint = debugPackageHint({ release, version, linuxBanner });
    assert.equal(hint?.name, name);
    assert.match(hint?.command ?? '', command);
  });
}

test('a kernel that nobody packages, and a release that is no release', () => {
  assert.equal(debugPackageHint({ release: '6.9.0-dirty', version: '#1' }), undefined);
  assert.equal(debugPackageHint({}), undefined);
  assert.equal(debugPackageHint({ release: '6.1.0; rm -rf /', version: 'Debian' }), undefined);
});
