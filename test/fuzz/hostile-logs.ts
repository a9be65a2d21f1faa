/** Logs made to be slow: each of about that many bytes. */
export const hostileLogs: Readonly<Record<string, (bytes: number) => string>> = {
  'one line': (n) => 'A'.repeat(n),
  'one line of blanks': (n) => ' '.repeat(n),
  brackets: (n) => '['.repeat(n),
  'stamps in one line': (n) => '[   12.345678] '.repeat(n / 15),
  'reports in one line': (n) => '[   12.345678] BUG: unable to handle kernel paging request '.repeat(n / 60),
  quotations: (n) => `${'> '.repeat(200)}\n`.repeat(n / 401),
  'escape sequences': (n) => '\u001b[31mtext\u001b[0m\u001b]0;'.repeat(n / 20),
  'unfinished escape strings': (n) => '\u001b]'.repeat(n / 2),
  'NUL bytes': (n) => '\0'.repeat(n),
  'CR alone': (n) => 'text\r'.repeat(n / 5),
  'empty lines': (n) => '\n'.repeat(n),
  'lines of all templates': (n) =>
    Array.from({ length: n / 24 }, (_, i) => `word${letters(i)} is another line`).join('\n'),
  'words of the kernel': (n) => 'BUG: WARNING: INFO: kernel Oops exception panic\n'.repeat(n / 48),
  'modules without end': (n) => `[    1.000000] Modules linked in:${' module_name(OE)'.repeat(n / 16)}\n`,
  'wrapped modules': (n) => `Modules linked in: ${`${'module '.repeat(11)}\n`.repeat(n / 78)}`,
  'code without end': (n) => `Code: ${'00 '.repeat(n / 3)}\n`,
  'frames without end': (n) =>
    `[    1.000000] BUG: unable to handle page fault\nCall Trace:\n${' function+0x12/0x34 [module]\n'.repeat(n / 30)}`,
  'cut here without end': (n) => '------------[ cut here ]------------\n'.repeat(n / 37),
  'warnings without end': (n) => 'WARNING: CPU: 1 PID: 2 at file.c:3 function+0x1/0x2\n'.repeat(n / 52),
  'many callers': (n) =>
    Array.from({ length: n / 60 }, (_, i) => `[    1.000000][T${i}] BUG: KASAN: use-after-free in f+0x1/0x2`).join(
      '\n',
    ),
  'fragments of /dev/kmsg': (n) => '4,1,1000000,c;BUG: text\n'.repeat(n / 24),
  'JSON that ends early': (n) => '{"MESSAGE":"text","__CURSOR":\n'.repeat(n / 30),
  'an export without end': (n) => `__CURSOR=1\n${'MESSAGE\n12345678text\n'.repeat(n / 21)}`,
  'parts of names': (n) => `Call Trace:\n${' a.b.c.d.e.f.g+0x1/\n'.repeat(n / 20)}`,
};

/** A word without digits, another for each number. */
function letters(n: number): string {
  return (
    [...n.toString(26)].map((c) => String.fromCharCode(0x67 + (Number.parseInt(c, 26) % 20))).join('') +
    'gh'.repeat(n % 7)
  );
}
