/**
 * Whether a device is a disk or a partition of it, by their names: `vda1` of `vda`, `nvme0n1p2` of `nvme0n1`. After a digit comes
 * a `p` (block/partitions/core.c, add_partition()), so that `dm-12` is none of `dm-1`.
 */
export function isDiskOrPart(device: string, disk: string): boolean {
  if (disk === '' || !device.startsWith(disk)) return false; // a damaged disk has no name
  const rest = device.slice(disk.length);
  return rest === '' || (/\d$/.test(disk) ? /^p\d+$/ : /^\d+$/).test(rest);
}
