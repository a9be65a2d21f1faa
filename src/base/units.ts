/** A virtual address, `0n <= a < 2n ** 64n`. Never mixed up with a physical one: those are numbers. */
export type Addr = bigint;
/** A physical address in bytes; an exact integer (52 bits on x86-64 and arm64). */
export type PhysAddr = number;
/** A page frame number: physical address divided by the page size that the context names. */
export type Pfn = number;
/** A file offset or a size in bytes. */
export type Bytes = number;
