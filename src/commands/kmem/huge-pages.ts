import { hex64 } from '../../base/hex.ts';
import { hugePageSizes } from '../../kernel/hugetlb.ts';
import { commandPart } from '../../report/command-part.ts';
import { formatSize } from '../../report/format-size.ts';
import { digits } from '../../report/pad.ts';
import { arrayOf, hexString, integer, object, string } from '../../report/schema.ts';

interface HugeData {
  readonly sizes: readonly {
    readonly address: string;
    readonly bytes: number;
    readonly free: number;
    readonly total: number;
    readonly name: string;
  }[];
}

/** `kmem -h`: the pools of huge pages. */
export const hugePages = commandPart<HugeData>({
  name: 'hugePages',
  flag: 'h',
  schema: object('Pools of huge pages.', {
    sizes: arrayOf(
      'By size.',
      object('One pool.', {
        address: hexString('Address of `struct hstate`.'),
        bytes: integer('Bytes of a huge page.'),
        free: integer('Free ones.'),
        total: integer('All of the pool.'),
        name: string('Name.'),
      }),
    ),
  }),
  run: ({ prog }) => ({ sizes: hugePageSizes(prog).map((s) => ({ ...s, address: hex64(s.address) })) }),
  *blocks(data) {
    const rows = data.sizes.map((s) => {
      const size = formatSize(s.bytes).replace(' ', '');
      return `${digits(s.address)}${size.padStart(7)}${String(s.free).padStart(8)}${String(s.total).padStart(8)}  ${s.name}`;
    });
    yield { kind: 'lines', lines: ['     HSTATE        SIZE    FREE   TOTAL  NAME', ...rows] };
  },
});
