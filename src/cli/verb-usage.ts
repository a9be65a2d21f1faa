/** What has a help of its own. */
export type HelpTopic = 'report' | 'compare' | 'fixes';

const OUTPUT = `      --format       text (as it is without it), md, json, or html: one file that needs no network
      --lang         en (as it is without it) or zh
  -o, --output file  write it to a file`;

const LIMITS = `      --timeout n    stop after n seconds
      --memory n     stop when the program takes more than n MiB`;

const TEXTS: Readonly<Record<HelpTopic, string>> = {
  report: `inquest report <dump|report.json> [files...] [options]

Says why a kernel died, how sure that is, what shows it, and what to do next.

${OUTPUT}
      --redact       replace names of hosts and users, addresses, paths, command lines, serials, so that
                     the report can be sent; --redact=all replaces addresses of the kernel too
      --source dir   source tree or git repository, for the lines around each place
      --debug path   a vmlinux, a module or a folder of them; may be repeated
${LIMITS}
                     what was found until then is written

  inquest report vmcore --format html -o why.html
  inquest report vmcore --format json -o report.json     for compare and fixes
  inquest report report.json --lang zh                   the same report in another form
`,
  compare: `inquest compare <dump|report.json> <dump|report.json>... [options]

Says what several deaths have in common (stacks, caches, modules, memory, uptime, machine, kernel), what
differs, and which have one cause. A report made with --format json takes the place of its dump.

${OUTPUT}
${LIMITS}

  inquest compare a.vmcore b.vmcore c.json
`,
  fixes: `inquest fixes <dump|report.json> --git <linux tree> [options]

Commits between the dump's kernel and the head of a clone of Linux that may mend the death, the likeliest
first: they change the functions that are blamed, name them, or fix a commit that this kernel has. What a
stable branch has as a copy already is left out. Nothing is fetched, nothing is changed.

      --git dir      the clone: a working tree or a bare repository, with its history and tags
${OUTPUT}
${LIMITS}

  inquest fixes vmcore --git ~/linux
  inquest fixes report.json --git ~/linux.git --format md -o fixes.md

The kernel's tag is found by its release, distributions' names too; without one the nearest release is
taken, and the answer says so. A shallow clone hides what is older; a clone without file contents
(--filter=blob:none) can be searched by its messages alone.
`,
};

/** The text of `inquest <verb> --help`. */
export function verbUsage(topic: HelpTopic): string {
  return TEXTS[topic];
}
