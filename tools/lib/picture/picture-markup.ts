type Value = Markup | readonly Markup[] | string | number;

/** Text that is markup already. Everything else is escaped on its way in, so nothing has to remember to do it. */
export class Markup {
  constructor(readonly source: string) {}
}

/** Fills a template of HTML or SVG: markup goes in as it is, text is escaped, numbers get one decimal place. */
export function markup(template: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(String.raw({ raw: template }, ...values.map(toSource)));
}

function toSource(value: Value): string {
  if (value instanceof Markup) return value.source;
  if (typeof value === 'number') return String(Math.round(value * 10) / 10);
  if (typeof value === 'string') return value.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  return value.map(toSource).join('');
}

/** `143,210`, the same on every machine. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `1 pod`, `2 pods`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `9.1 s`, `60 s`, and `12 ms` for what would otherwise read as nothing. */
export function duration(ms: number): string {
  return ms > 0 && ms < 1000 ? `${count(ms)} ms` : `${Number((ms / 1000).toFixed(1))} s`;
}

/** A moment of the run, exact enough to find it in a log: `12.034 s`. */
export function clock(atMs: number): string {
  return `${(atMs / 1000).toFixed(3)} s`;
}

export function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
