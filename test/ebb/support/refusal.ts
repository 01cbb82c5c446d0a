import { expect } from '@jest/globals';
import { FAILED, Service, type ServiceOptions } from './service.js';

/**
 * Starts a service that must refuse, and returns the one line in which it says why.
 *
 * @param hasStack whether the line has a stack beside its message, as an error of the application's own code does.
 */
export async function refusal(options: ServiceOptions, hasStack = false): Promise<string> {
  const service = Service.spawn(options);
  expect(await service.exited).toEqual(FAILED);
  expect(service.events).toEqual(['startup.failed']);
  const problems = service.lines.filter(({ level }) => level !== 'info');
  expect(problems).toEqual([expect.objectContaining({ level: 'fatal', event: 'startup.failed' })]);
  // Nothing beside the log: no trace that Node or Nest printed.
  expect(service.text).toEqual([]);
  expect(/"stack"|\\n {4}at /.test(service.log)).toBe(hasStack);
  return problems[0]?.msg ?? '';
}
