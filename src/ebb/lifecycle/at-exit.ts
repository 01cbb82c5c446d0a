/** Calls something when the process ends, before what is registered later. */
export function atExit(callback: () => void): void {
  process.once('exit', callback);
}
