import { AnalysisError } from '../../base/errors.ts';
import { Lazy } from '../../base/lazy.ts';
import type { Addr } from '../../base/units.ts';
import type { ElfFile } from '../../elf/elf-file.ts';
import type { CallerRegisters, RegisterValues, UnwindSupport } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { callerOf } from './cfi-frame.ts';
import { type CfiRow, cfiRow } from './cfi-row.ts';
import { CfiSection } from './cfi-section.ts';
import type { ExpressionContext } from './expression-context.ts';
import { LocationError } from './location.ts';

const MAX_SECTION = 0x8000000;

/** Call frame information of one file: `.debug_frame`, then `.eh_frame`. */
export class FileFrames {
  readonly #sections: Lazy<readonly CfiSection[]>;

  constructor(elf: ElfFile) {
    this.#sections = new Lazy(() => [...sectionsOf(elf, '.debug_frame', false), ...sectionsOf(elf, '.eh_frame', true)]);
  }

  /**
   * See `DebugInfo.callerRegisters`. @param pc link-time address
   * @throws LocationError, BadDataError
   */
  callerRegisters(
    prog: Program,
    pc: Addr,
    registers: RegisterValues,
    read: (at: Addr) => bigint | undefined,
  ): CallerRegisters | undefined {
    const { unwind } = prog.arch;
    if (!unwind) return undefined;
    for (const section of this.#sections.get()) {
      const fde = section.find(pc);
      if (!fde) continue;
      const row = cfiRow(section, fde, pc);
      const context: ExpressionContext = {
        littleEndian: section.source.littleEndian,
        addressSize: fde.cie.addressSize,
        offsetSize: 4,
        version: 5,
        register: (n) => registers[n] ?? (n === unwind.sp ? stackPointer(row, registers, unwind) : undefined),
        read(at) {
          const value = read(at);
          if (value === undefined) throw new LocationError('a saved register lies outside of the stack');
          return value;
        },
      };
      const found = callerOf(row, context, prog.arch.registers.length, unwind.calleeSaved ?? [], unwind.sp);
      found.registers[unwind.pc] = found.registers[row.returnRegister];
      return { cfa: found.cfa, registers: found.registers, signal: row.signal };
    }
    return undefined;
  }
}

/**
 * The stack pointer of a frame of which only the frame record is known: that lies where the row says that its register is
 * saved, and so tells the frame address.
 */
function stackPointer(row: CfiRow, registers: RegisterValues, unwind: UnwindSupport): bigint | undefined {
  const { frameRecord, sp } = unwind;
  if (frameRecord === undefined || !row.cfa || !('register' in row.cfa) || row.cfa.register !== sp) return undefined;
  const record = registers[frameRecord];
  const rule = row.rules.get(frameRecord);
  if (record === undefined || rule?.how !== 'saved') return undefined;
  return BigInt.asUintN(64, record - BigInt(rule.offset) - BigInt(row.cfa.offset));
}

/** The index of a section; none when the file lacks it or it cannot be read. */
function sectionsOf(elf: ElfFile, name: string, eh: boolean): CfiSection[] {
  try {
    const data = elf.section(name);
    if (!data) return [];
    return [
      new CfiSection({
        name: data.source,
        bytes: data.upTo(0, MAX_SECTION, 'call frame information'),
        address: elf.sectionAddress(elf.sectionIndex(name)),
        eh,
        littleEndian: elf.littleEndian,
        addressSize: elf.header.bits === 64 ? 8 : 4,
      }),
    ];
  } catch (e) {
    if (e instanceof AnalysisError) return [];
    throw e;
  }
}
