import { commands } from '../commands/index.ts';

/** The text of `inquest --help`. */
export function usageText(): string {
  const width = Math.max(...commands.map((c) => c.name.length));
  return `inquest reads Linux kernel crash dumps (x86-64, arm64, riscv64, s390x, ppc64le, loongarch64) without debug info.

usage:
  inquest report <dump|report.json> [files...] [--format text|md|json|html] [--lang en|zh] [--redact[=all]] [-o file]
  inquest compare <dump|report.json>... [--format ...] [-o file]
  inquest fixes <dump|report.json> --git <linux tree> [--format ...] [-o file]
  inquest <dump> [files...] -c '<command>' [-c ...] [-i file] [--json]
  inquest <dump> [files...]
  inquest oops [log|dump|-...] [--json] [--all] [--vmlinux file]
  inquest symbolize [log|-] --vmlinux file [--modules folder]
  inquest line <vmlinux|module.ko> function+0x12/0x34 ...

  report             what died, when, where, why, and what to do next
  compare            what several deaths have in common, and which have one cause
  fixes              commits of a Linux tree, newer than the dump's kernel, that may mend it
  oops               what a kernel log reports (dmesg, journal, syslog, serial, netconsole, pstore,
                     /dev/kmsg; parts in any order): the report that matters first, what led there,
                     how it ended; --all explains every report
  -c, --command      run a command and print its answer; may be repeated
  -i, --input file   run the commands of a file, one a line; - is standard input
      --json         answers as JSON (see docs/json.md)
      --format       text (as it is without it), md, json, or html: one file that needs no network
      --lang         en (as it is without it) or zh
      --redact       replace names of hosts and users, addresses, paths, command lines, serials, so that
                     the report can be sent; --redact=all replaces addresses of the kernel too
      --git dir      a clone of Linux for fixes; nothing is fetched
  -o, --output file  write the report to a file
  symbolize          a kernel log with file, line and inlined calls added to its traces
  line               file, line and inlined calls of places in a vmlinux or module
      --debug path   a vmlinux, a module or a folder of them with debug information; may be
                     repeated; --vmlinux and --modules are the same
      --no-debug     look for debug information nowhere else
      --force        use a vmlinux of another build all the same
      --source dir   source tree or git repository: list, dis -s, bt --source, report
      --timeout n    stop opening the dump, a command or the report after n seconds; the next command goes on
      --memory n     stop it when the program takes more than n MiB
  -h, --help         this text; behind report, compare or fixes theirs
  -V, --version      the version
  without -c and -i  a prompt with history and completion; Ctrl-C stops a command

A command may be followed by | shell command, | json, > file or >> file; "help input" has the rest.
.inquestrc in the home directory holds commands that are run first; of .inquestrc in the working directory
and of crash's .crashrc only the lines with alias and set.

A dump may be packed or in an archive (gz, xz, zst, lz4, zip, tar), - for standard input, or an http
or https address, of which only the ranges that are needed are fetched.

Further files are the other parts of a split dump, in any order, and files and folders with
debug information. Without these, commands that need lines look for the file with the kernel's
build-id where distributions put it, and ask the servers of DEBUGINFOD_URLS.

commands:
${commands.map((c) => `  ${c.name.padEnd(width)}  ${c.summary}`).join('\n')}

  inquest <dump> -c 'help ps' explains one in full.

exit status:
  0  an answer was printed
  1  the command line made no sense
  2  nothing could be read
  3  --timeout or --memory cut an answer
  130  Ctrl-C; what was answered before is there
`;
}
