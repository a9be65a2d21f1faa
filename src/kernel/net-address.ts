/** `127.0.0.1` of four bytes in network order. */
export function formatIpv4(bytes: Uint8Array): string {
  return [...bytes.subarray(0, 4)].join('.');
}

/** An IPv6 address as RFC 5952 writes it: the longest run of zeros as `::`, `::ffff:1.2.3.4` for a mapped one. */
export function formatIpv6(bytes: Uint8Array): string {
  if (bytes.subarray(0, 10).every((b) => b === 0) && bytes[10] === 0xff && bytes[11] === 0xff) {
    return `::ffff:${formatIpv4(bytes.subarray(12))}`;
  }
  const groups = ipv6Groups(bytes);
  let best = { at: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > best.length) best = { at: i, length };
  }
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((g) => g.toString(16))
      .join(':');
  return best.at < 0 ? text(0, 8) : `${text(0, best.at)}::${text(best.at + best.length, 8)}`;
}

/** All eight groups, `0:0:0:0:0:0:0:1`, as crash writes the ends of a connection. */
export function formatIpv6Long(bytes: Uint8Array): string {
  return ipv6Groups(bytes)
    .map((g) => g.toString(16))
    .join(':');
}

function ipv6Groups(bytes: Uint8Array): number[] {
  return Array.from({ length: 8 }, (_, i) => ((bytes[i * 2] as number) << 8) | (bytes[i * 2 + 1] as number));
}
