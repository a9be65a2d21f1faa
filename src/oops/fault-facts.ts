/** What the CPU said of a fault. */
export interface FaultFacts {
  /** `0x` and hexadecimal digits. */
  readonly address?: string;
  readonly access?: 'read' | 'write' | 'execute';
  /** In words: `level 1 translation fault`. */
  readonly reason?: string;
  /** The CPU's syndrome or error code, as printed. */
  readonly code?: string;
  /** Its fields, named as the architecture's manual names them. */
  readonly fields: readonly FaultField[];
  /** Page-table entries as printed: `pgd=000000014eba4003`. */
  readonly pageTable: readonly { readonly level: string; readonly value: string }[];
}

export interface FaultField {
  readonly name: string;
  readonly value: string;
  readonly meaning?: string;
}
