/** How the entry of a system call is called by release and CPU; one of them is taken off. */
const WRAPPERS: readonly string[] = [
  ...['SYSC_', 'SyS_', 'compat_SYSC_', 'compat_SyS_', 'sys_', 'ksys_'],
  ...['__sys_', '___sys_', '____sys_', '__se_', '__se_sys_', '__do_sys_'],
  ...['__x64_', '__ia32_', '__arm64_'],
];
const CPUS = /^__(?:x64|ia32|arm64|s390x?|riscv|powerpc|loongarch)_(?=(?:compat_)?sys_)/;

/** The name of a function in a title: the shortest that is left when one wrapper is taken off. */
export function titleName(name: string): string {
  let shortest = name;
  for (const wrapper of WRAPPERS) {
    if (name.startsWith(wrapper) && name.length - wrapper.length < shortest.length)
      shortest = name.slice(wrapper.length);
  }
  return shortest === '' ? name : shortest;
}

/** Names under which a function may stand in a title; the first is the one to use. */
export function titleNames(name: string): string[] {
  const names = [titleName(name)];
  for (const wrapper of WRAPPERS) if (name.startsWith(wrapper)) names.push(name.slice(wrapper.length));
  return [...new Set([...names, name])].filter((n) => n !== '');
}

/** The name for signatures, which are the same on every CPU. */
export function portableName(name: string): string {
  return titleName(name.replace(CPUS, '__x64_'));
}
