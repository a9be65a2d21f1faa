/**
 * The request queue of a disk: `node disk-queue.ts <vmcore> [disk]`; without a name, of every disk.
 */
import { hex, type Problem } from 'inquest';
import { type Disk, diskRequests, disks } from 'inquest/kernel';
import { type OpenedProgram, open } from 'inquest/node';

/** What is worth knowing of a `struct request_queue`, one line each. */
export function queueLines(prog: OpenedProgram, disk: Disk): string[] {
  const queue = prog.at('request_queue', disk.queue);
  const elevator = queue.get('elevator');
  const problems: Problem[] = [];
  const { reads, writes, requests } = diskRequests(prog, disk, problems);
  const lines = [
    `${disk.name} (${disk.major}:${disk.firstMinor}): ${disk.sectors / 2n} KiB`,
    `  scheduler        ${elevator.toBigInt() === 0n ? 'none' : elevator.get('type').get('elevator_name').toText()}`,
    `  hardware queues  ${queue.get('nr_hw_queues').toNumber()}`,
    `  requests         ${queue.get('nr_requests').toNumber()} allowed, ${reads} reads and ${writes} writes in flight`,
    `  sector           ${queue.get('limits.logical_block_size').toNumber()} bytes`,
    `  largest request  ${queue.get('limits.max_sectors').toNumber()} sectors`,
  ];
  for (const request of requests ?? []) lines.push(`  in flight        struct request ${hex(request.address)}`);
  return [...lines, ...problems.map((p) => `  not known: ${p.what}: ${p.why}`)];
}

const [dump, name] = process.argv.slice(2);
if (dump === undefined) throw new Error('usage: node disk-queue.ts <vmcore> [disk]');
const prog = await open(dump);
const found = disks(prog).disks.filter((d) => name === undefined || d.name === name);
if (found.length === 0) throw new Error(`no disk ${name ?? ''}`);
for (const disk of found) console.log(queueLines(prog, disk).join('\n'));
prog.close();
