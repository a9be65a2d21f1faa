import type {
  Architecture,
  DebugProvider,
  DumpImage,
  KernelMap,
  KernelSymbol,
  UnwindRow,
} from '../../src/program/ports.ts';
import { Program } from '../../src/program/program.ts';
import { Vmcoreinfo } from '../../src/program/vmcoreinfo.ts';
import type { CType } from '../../src/types/c-type.ts';
import { SparseMemory } from './sparse-memory.ts';

/** A kernel of a test: memory at `BASE`, and what its debug information is to say. */
export class TestKernel {
  /** Virtual address of physical address 0. */
  static readonly BASE = 0xffff888000000000n;
  readonly memory = new SparseMemory();
  readonly types = new Map<string, CType>();
  readonly symbols: KernelSymbol[] = [];
  readonly rows: { readonly from: bigint; readonly to: bigint; readonly row: UnwindRow }[] = [];
  vmcoreinfo = 'OSRELEASE=test\n';
  /** Address of the page descriptors, when the kernel is to have a virtual memory map. */
  vmemmap: bigint | undefined;
  cpuNotes: Uint8Array[] = [];
  /** Addresses that are mapped to the first page, whatever that holds. */
  alsoMapped: { readonly start: bigint; readonly end: bigint } | undefined;

  /** Writes a word at a virtual address. */
  word(at: bigint, value: bigint): void {
    this.memory.writeU64(Number(at - TestKernel.BASE), value);
  }

  fill(at: bigint, size: number): void {
    this.memory.fill(Number(at - TestKernel.BASE), size);
  }

  type(type: CType): void {
    this.types.set(type.name, type);
  }

  symbol(name: string, address: bigint, size = 0, letter = 't', module?: string): bigint {
    this.symbols.push({ name, address, size, letter, ...(module !== undefined && { module }) });
    return address;
  }

  /** A program over it; `providers` come before what the test itself says. */
  program(arch: Architecture, providers: readonly DebugProvider[] = []): Program {
    const image: DumpImage = {
      format: 'test',
      memory: this.memory,
      header: {},
      cpuNotes: this.cpuNotes,
      virtualSegments: [],
      codecs: [],
      problems: [],
    };
    const translate: KernelMap['translate'] = (at) => {
      const also = this.alsoMapped;
      if (also && at >= also.start && at < also.end) return { phys: 0, size: Number(also.end - at) };
      const phys = Number(at - TestKernel.BASE);
      if (phys < 0 || phys >= 2 ** 40 || typeof this.memory.chunk(phys) === 'string') return 'unmapped';
      return { phys, size: 4096 - (phys % 4096) };
    };
    const map: KernelMap = {
      pageSize: 4096,
      vaBits: 48,
      root: 0,
      linear: [],
      translate,
      userTranslate: () => () => 'unmapped',
      directMap: (phys) => TestKernel.BASE + BigInt(phys),
      ...(this.vmemmap !== undefined && { vmemmap: this.vmemmap }),
    };
    return new Program(image, arch, new Vmcoreinfo(this.vmcoreinfo), map, [...providers, this.#provider()]);
  }

  #provider(): DebugProvider {
    return {
      name: 'test',
      offers: this.rows.length > 0 ? ['types', 'symbols', 'unwind-rows'] : ['types', 'symbols'],
      open: () => ({
        findType: (name) => this.types.get(name.replace(/^(struct|union|enum) /, '')),
        findSymbol: (name) => this.symbols.find((s) => s.name === name),
        symbolAt: (at) => this.symbols.find((s) => at >= s.address && at < s.address + BigInt(s.size)),
        unwindRow: (pc) => this.rows.find((r) => pc >= r.from && pc < r.to)?.row,
      }),
    };
  }
}
