import type { Phrase } from '../../base/phrase.ts';

/** How a parameter of the kernel's command line is taken back. */
export const UNDO_BOOT: Phrase = {
  en: 'Take the parameter out of the boot loader again and reboot.',
  zh: '从引导程序中删去该参数并重启。',
};

/** How a parameter is added, on distributions with GRUB. */
export function addBootParameter(parameter: string): string {
  return [
    `# Debian, Ubuntu: /etc/default/grub: GRUB_CMDLINE_LINUX="... ${parameter}"`,
    'update-grub && reboot',
    '# Fedora, RHEL, SUSE:',
    `grubby --update-kernel=ALL --args='${parameter}' && reboot`,
  ].join('\n');
}
