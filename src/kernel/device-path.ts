import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { attempt } from './note-problem.ts';

/** A device on the way from a disk to the machine, `struct device`. */
export interface DeviceStep {
  readonly address: Addr;
  /** `virtio0`, `0000:00:03.0` */
  readonly name: string;
  /** `virtio`, `pci`, `scsi`, `usb`; undefined of a device on no bus. */
  readonly bus: string | undefined;
  readonly driver: string | undefined;
  /** `nvme`, `scsi_host` */
  readonly class: string | undefined;
}

const MAX_DEPTH = 32;

/** A device and those above it (`device.parent`), up to the root of the tree. */
export function devicePath(prog: Program, device: Addr, problems: Problem[]): DeviceStep[] {
  const steps: DeviceStep[] = [];
  const seen = new Set<Addr>();
  let at = device;
  while (isKernelPointer(prog, at) && !seen.has(at) && steps.length < MAX_DEPTH) {
    seen.add(at);
    const here = at;
    const step = attempt(problems, `device ${here.toString(16)}`, () => readStep(prog, here));
    if (!step) break;
    steps.push(step.device);
    at = step.parent;
  }
  return steps;
}

function readStep(prog: Program, address: Addr): { readonly device: DeviceStep; readonly parent: Addr } {
  const device = prog.at('device', address);
  const nameOf = (member: string): string | undefined => {
    const owner = device.get(member);
    return owner.toBigInt() === 0n ? undefined : owner.get('name').toText(64);
  };
  return {
    device: {
      address,
      name: device.get('kobj.name').toText(64),
      bus: nameOf('bus'),
      driver: nameOf('driver'),
      class: nameOf('class'),
    },
    parent: device.get('parent').toBigInt(),
  };
}
