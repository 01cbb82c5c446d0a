const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3_600 };

/** The seconds in a duration as Go reads it: `50s`, `1m30s`. NaN for everything else, a bare number too. */
export function goSeconds(text: string): number {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) {
    return Number.NaN;
  }
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * (UNITS[unit ?? ''] ?? Number.NaN),
    0,
  );
}

/** The seconds in a bare number, and NaN for everything else. */
export function bareSeconds(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}
