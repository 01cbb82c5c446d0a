import { MOMENTS } from '../../../src/ebb/lifecycle/moments.js';

/** A line of a service's log that names an event. */
export interface LogEvent {
  readonly event: string;
  readonly time: string;
  readonly [field: string]: unknown;
}

/** Another program may log events of its own, one per request. */
export const SHUTDOWN_MOMENTS: ReadonlySet<string> = new Set(MOMENTS.slice(MOMENTS.indexOf('startup.complete') + 1));

/** Undefined when the line is none. */
export function readEvent(line: string): LogEvent | undefined {
  try {
    const parsed = JSON.parse(line) as Partial<LogEvent> | null;
    return typeof parsed?.event === 'string' && typeof parsed.time === 'string' ? (parsed as LogEvent) : undefined;
  } catch {
    return undefined;
  }
}

/** Why it came, in the service's own words; undefined where it does not say. */
export function reasonOf({ reason }: LogEvent & { readonly reason?: unknown }): string | undefined {
  return typeof reason === 'string' ? reason : undefined;
}
