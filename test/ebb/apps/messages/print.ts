/** One line that whoever runs it reads, with Ebb's logger or without. */
export function print(line: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
