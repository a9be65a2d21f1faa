import { demangleRust } from '../base/rust-symbol.ts';

/** What compilers and linkers append to a function that they split, cloned, inlined or renamed. */
const SUFFIX =
  /\.(?:isra|constprop|part|cold|llvm|lto_priv|localalias|cfi_jt|cfi|kcfi|clone|str|warm)(?:\.\d+)*(?=\.|$)/g;

/** A function's name without what compilers append; Rust names readable. */
export function plainFunction(name: string): string {
  const rust = name.startsWith('_R') || name.startsWith('_ZN') ? demangleRust(name) : undefined;
  if (rust !== undefined) return rust;
  const dot = name.indexOf('.');
  if (dot < 0) return name;
  // ELFv1 entry points of 64-bit PowerPC begin with a dot
  return (dot === 0 ? name.slice(1) : name).replace(SUFFIX, '').replace(/\.\d+$/, '');
}
