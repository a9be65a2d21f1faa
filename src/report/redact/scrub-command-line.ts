import type { Aliases } from './aliases.ts';

/** Parameters of the kernel whose values say how it runs, and nothing of who runs it. */
const PLAIN =
  /^(?:ro|rw|quiet|splash|debug|nomodeset|crashkernel|panic\w*|oops|console|earlycon|loglevel|slub_debug|slab_debug|page_owner|page_poison|init_on_\w+|kasan\S*|kfence\S*|mem|memmap|maxcpus|nr_cpus|isolcpus|nohz\w*|rcu\S*|mitigations|nokaslr|kaslr|iommu\S*|intel_\w+|amd_\w+|pci\w*|acpi\w*|apic|nosmt|audit|selinux|apparmor|security|lsm|cgroup\w*|systemd\.unified_cgroup_hierarchy|transparent_hugepage|hugepages\w*|default_hugepagesz|numa\w*|vm\.\w+|kernel\.\w+|nmi_watchdog|softlockup_\w+|hung_task_\w+|watchdog\S*|tsc|clocksource|idle|processor\.\w+|rootfstype|rootflags|rootwait|fsck\.\w+|net\.ifnames|biosdevname|elevator|scsi_mod\.\w+|nvme\S*|vga|video|module\.\w+|modprobe\.blacklist|module_blacklist)$/;
const SIMPLE = /^[\w.,:@+*-]{0,80}$/;

/** A kernel command line: parameters stay, their values stay where they are known to be harmless. */
export function scrubCommandLine(line: string, aliases: Aliases): string {
  return line.replace(/[^\s="]+(?:=(?:"[^"]*"|\S)*)?|"[^"]*"/g, (word) => scrubWord(word, aliases));
}

function scrubWord(word: string, aliases: Aliases): string {
  const cut = word.indexOf('=');
  const name = cut < 0 ? word : word.slice(0, cut);
  if (cut < 0) return /^(?:[\w.-]{1,40}|--)$/.test(word) ? word : aliases.of('value', word);
  const value = word.slice(cut + 1);
  if (PLAIN.test(name) && SIMPLE.test(value) && !/(?:\d{1,3}\.){3}\d|(?:[0-9a-f]{2}:){5}/i.test(value)) return word;
  if (/^\d{0,6}$|^(?:y|n|on|off|yes|no|true|false)$/i.test(value)) return word;
  return `${name}=${aliases.of('value', value)}`;
}
