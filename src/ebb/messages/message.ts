import { methodOf } from './method-of.js';

/** A message or a call that a microservice works on. */
export interface Message {
  /** What Nest hands to its handler beside the data. */
  readonly context: unknown;
  readonly since: number;
}

/** The methods and the one member by which the contexts of Nest's transports say what a message was sent to. */
const NAMES = ['getPattern', 'getSubject', 'getTopic', 'getChannel'] as const;

/** What a message was sent to: `orders.create`, `/shop.Orders/Create`. */
export function nameOf({ context }: Message): string {
  const path: unknown = typeof context === 'object' && context !== null ? Reflect.get(context, 'path') : undefined;
  const names = [path, ...NAMES.map((name) => methodOf(context, name)())];
  return names.find((name) => typeof name === 'string') ?? 'a message';
}
