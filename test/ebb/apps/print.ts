/** A line of the log that is there with Ebb's logger as with stock Nest's. */
export function print(line: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
