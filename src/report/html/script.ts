/** What the page does: unfold all, light and dark, print, copy. Without it the page shows the same. */
export const SCRIPT = `(() => {
  const root = document.documentElement;
  const all = (selector) => [...document.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  for (const button of all('button[hidden]')) button.hidden = false;

  const fold = byId('fold');
  const setAll = (open) => {
    for (const part of all('details')) part.open = open;
    fold.setAttribute('aria-pressed', String(open));
    fold.textContent = open ? fold.dataset.close : fold.dataset.open;
  };
  fold.addEventListener('click', () => setAll(fold.getAttribute('aria-pressed') !== 'true'));

  byId('theme').addEventListener('click', () => {
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
  });

  byId('print').addEventListener('click', () => print());
  let closed = [];
  addEventListener('beforeprint', () => {
    closed = all('details:not([open])');
    for (const part of closed) part.open = true;
  });
  addEventListener('afterprint', () => {
    for (const part of closed) part.open = false;
    closed = [];
  });

  const openTarget = () => {
    let part = location.hash.length > 1 ? byId(decodeURIComponent(location.hash.slice(1))) : null;
    if (part && part.classList.contains('step')) for (const inner of part.querySelectorAll('details')) inner.open = true;
    for (; part; part = part.parentElement) if (part.tagName === 'DETAILS') part.open = true;
  };
  addEventListener('hashchange', openTarget);
  openTarget();

  const copyOld = (text) => {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  };
  for (const button of all('button.copy')) {
    button.addEventListener('click', async () => {
      const name = button.textContent;
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
      } catch {
        copyOld(button.dataset.copy);
      }
      button.textContent = '\\u2713';
      setTimeout(() => { button.textContent = name; }, 1200);
    });
  }
})();
`;

/** Of the script, for the page's security policy; a test holds it against the text. */
export const SCRIPT_SHA256 = 'YQAbF7lTgOXiiqWwlQiXI2MKAipPhXIL5IjXV51KjLs=';
