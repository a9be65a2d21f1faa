import { hex64 } from '../base/hex.ts';
import { perOwner } from '../base/lazy.ts';
import { disks } from '../kernel/block-device.ts';
import type { BlockStack } from '../kernel/block-stack.ts';
import { diskRequests } from '../kernel/disk-requests.ts';
import type { Ext4Error, Ext4State } from '../kernel/ext4.ts';
import { type FilesystemState, filesystemStates } from '../kernel/filesystem-state.ts';
import type { Journal, JournalTransaction } from '../kernel/jbd2.ts';
import { attempt } from '../kernel/note-problem.ts';
import { requestFacts } from '../kernel/request-facts.ts';
import type { Program } from '../program/program.ts';
import { type ProblemData, problemsOf } from './problems.ts';
import type {
  BlockDeviceData,
  DiskRequestData,
  Ext4Data,
  Ext4ErrorData,
  FilesystemData,
  JournalData,
  StorageData,
  TransactionData,
} from './storage-schema.ts';

const MOST_REQUESTS = 100;

/** The storage of a dump. Each part may be missing; why is in `problems`. */
export const storageData = perOwner((prog: Program): StorageData => {
  const problems: ProblemData[] = [];
  const { filesystems, problems: own } = filesystemStates(prog);
  problems.push(...own);
  const requests = inFlight(prog, problems);
  return { filesystems: filesystems.map(filesystemData), requests, ...problemsOf(problems) };
});

function inFlight(prog: Program, problems: ProblemData[]): DiskRequestData[] {
  const found = attempt(problems, 'disks', () => disks(prog));
  problems.push(...(found?.problems ?? []));
  const requests: DiskRequestData[] = [];
  for (const disk of found?.disks ?? []) {
    const working = attempt(problems, `requests of ${disk.name}`, () => diskRequests(prog, disk, problems));
    for (const { address } of (working?.requests ?? []).slice(0, MOST_REQUESTS)) {
      const facts = attempt(problems, `request ${hex64(address)}`, () => requestFacts(prog, address));
      if (!facts) continue;
      const { operation, bytes } = facts;
      const times = { ageSeconds: rounded(facts.ageSeconds), timeoutSeconds: rounded(facts.timeoutSeconds) };
      requests.push({
        request: hex64(address),
        disk: disk.name,
        operation,
        sector: `${facts.sector}`,
        bytes,
        ...times,
      });
    }
  }
  return requests.sort((a, b) => (b.ageSeconds ?? 0) - (a.ageSeconds ?? 0)).slice(0, MOST_REQUESTS);
}

/** To milliseconds. */
function rounded(seconds: number | undefined): number | null {
  return seconds === undefined ? null : Math.round(seconds * 1000) / 1000;
}

function filesystemData(f: FilesystemState): FilesystemData {
  return {
    superblock: hex64(f.superblock),
    type: f.type,
    paths: f.paths,
    options: f.options,
    readOnly: f.readOnly,
    frozen: f.frozen,
    writeError: f.writeError,
    devices: f.devices.map(deviceData),
    ...(f.ext4 && { ext4: ext4Data(f.ext4) }),
    ...(f.xfs && { xfs: { mount: hex64(f.xfs.address), shutdown: f.xfs.shutdown, logError: f.xfs.logError } }),
    ...(f.btrfs && {
      btrfs: { info: hex64(f.btrfs.address), hasErrors: f.btrfs.hasErrors, aborted: f.btrfs.aborted },
    }),
  };
}

function deviceData(device: BlockStack): BlockDeviceData {
  const { mapped, targets, file, below } = device;
  return {
    name: device.name,
    device: hex64(device.device),
    disk: hex64(device.disk),
    partitionOf: device.partitionOf ?? null,
    transport: device.transport,
    path: device.path.map(({ name, bus, driver }) => ({ name, bus: bus ?? null, driver: driver ?? null })),
    ...(mapped !== undefined && { mapped }),
    ...(targets && {
      targets: targets.map((t) => ({ type: t.type, begin: `${t.begin}`, sectors: `${t.length}` })),
    }),
    ...(file !== undefined && { file }),
    ...(below.length > 0 && { below: below.map(deviceData) }),
  };
}

function ext4Data(state: Ext4State): Ext4Data {
  const { first, last, journal } = state;
  return {
    info: hex64(state.address),
    data: state.data,
    onError: state.onError ?? null,
    options: state.options,
    hasErrors: state.hasErrors,
    stopped: state.stopped,
    errorCount: state.errorCount ?? null,
    ...(first && { firstError: errorData(first) }),
    ...(last && { lastError: errorData(last) }),
    journal: journal ? journalData(journal) : null,
  };
}

function errorData(error: Ext4Error): Ext4ErrorData {
  return { function: error.function, line: error.line, timeSeconds: error.time, inode: error.inode };
}

function journalData({ address, device, aborted, error, running, committing }: Journal): JournalData {
  const transaction = (t: JournalTransaction | undefined): TransactionData | null =>
    t === undefined
      ? null
      : {
          address: hex64(t.address),
          id: t.id,
          state: t.state ?? null,
          ageSeconds: rounded(t.ageSeconds),
          openHandles: t.openHandles,
        };
  return {
    address: hex64(address),
    device,
    aborted,
    error,
    running: transaction(running),
    committing: transaction(committing),
  };
}
