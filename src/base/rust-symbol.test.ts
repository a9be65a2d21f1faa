import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demangleRust } from './rust-symbol.ts';

test('legacy names lose their hash, and their signs are put back', () => {
  assert.equal(demangleRust('_ZN4core3fmt9Formatter3pad17h0123456789abcdefE'), 'core::fmt::Formatter::pad');
  assert.equal(
    demangleRust(
      '_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3bar17h930b740aa94f1d3aE',
    ),
    "<Test + 'static as foo::Bar<Test>>::bar",
  );
  assert.equal(demangleRust('_ZN3foo3barE'), undefined); // C++: no hash
});

test('v0 names', () => {
  for (const [mangled, name] of [
    ['_RNvCs1234_7mycrate3foo', 'mycrate::foo'],
    ['_RNvNtCshc5sK6KjdJJ_6kernel5print11call_printk', 'kernel::print::call_printk'],
    ['_RNvMs_Cs4fqI2P2rA04_7mycrateINtB4_3FoohE3bar', '<mycrate::Foo<u8>>::bar'],
    ['_RNCNvC1a4main0', 'a::main::{closure#0}'],
    ['_RNCNvC1a4mains_0', 'a::main::{closure#1}'],
    ['_RINvC1a3fooRShAhj4_TlmEE', 'a::foo::<&[u8], [u8; 4], (i32, u32)>'],
    ['_RNvXC1aNtC1a1STNtC1a1T1m', undefined],
    ['_RINvC1a1fFUKChEuE', 'a::f::<unsafe extern "C" fn(u8)>'],
    ['_RINvC1a1fDNtC1b1TEL_E', 'a::f::<dyn b::T>'],
    ['_RINvC1a1fKj1f_E', 'a::f::<31>'],
    ['_RINvC1a1fKln5_Kb1_E', 'a::f::<-5, true>'],
    ['panic', undefined],
    ['_R', undefined],
    ['_RNvC1a99foo', undefined],
    ['_RBz_', undefined],
  ] as const) {
    assert.equal(demangleRust(mangled), name, mangled);
  }
});

test('hostile names end', () => {
  assert.equal(demangleRust(`_RINvC1a1f${'S'.repeat(5000)}hE`), undefined);
  assert.equal(demangleRust(`_RINvC1a1f${'TB9_'.repeat(2000)}E`), undefined);
});
