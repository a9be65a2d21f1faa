import type { Addr } from '../base/units.ts';
import type { DebugInfo } from '../program/ports.ts';
import { Program } from '../program/program.ts';

/**
 * The same kernel with the user space of a process in the lower half of its address space, for expressions that follow
 * pointers of user space. @param pgd `mm->pgd`
 */
export function userProgram(prog: Program, pgd: Addr): Program {
  const { map } = prog;
  const user = map.userTranslate(pgd);
  const upper = 1n << BigInt(8 * prog.pointerSize - 1);
  const both = { ...map, translate: (at: Addr) => (at < upper ? user(at) : map.translate(at)) };
  const info: DebugInfo = {
    findType: (name) => prog.findType(name),
    findExactType: (name) => prog.findExactType(name),
    findModuleType: (name) => prog.findModuleType(name),
    findVariableType: (name) => prog.findVariableType(name),
    findEnumerator: (name) => prog.findEnumerator(name),
    findMacro: (name) => prog.findMacro(name),
    findSymbol: (name) => prog.findSymbol(name),
    findModuleSymbol: (name) => prog.findModuleSymbol(name),
    symbolAt: (at) => prog.symbolAt(at),
    symbolHolding: (at) => prog.symbolHolding(at),
    localsAt: (pc, frame) => prog.localsAt(pc, frame),
  };
  const provider = { name: 'the kernel', offers: ['types', 'symbols', 'locals'] as const, open: () => info };
  return new Program(prog.image, prog.arch, prog.vmcoreinfo, both, [provider]);
}
