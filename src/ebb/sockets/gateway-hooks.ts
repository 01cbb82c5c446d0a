/** What gateways do when a client comes or goes is work, too. */
import type { ModulesContainer } from '@nestjs/core';
import type { TrackedWork } from '../work/tracked-work.js';

/** What `@WebSocketGateway()` leaves on a class. */
const GATEWAY = 'websockets:is_gateway';

/** Of Nest's `OnGatewayConnection` and `OnGatewayDisconnect`. */
const CONNECTION_HOOKS = ['handleConnection', 'handleDisconnect'];

/** The gateways of an application. */
export function gatewaysOf(modules: ModulesContainer): readonly object[] {
  const providers = [...modules.values()].flatMap((module) => Array.from(module.providers.values()));
  return providers.flatMap(({ metatype, instance }) => {
    const isGateway = typeof metatype === 'function' && Reflect.hasMetadata(GATEWAY, metatype);
    return isGateway && typeof instance === 'object' && instance !== null ? [instance] : [];
  });
}

/** Nest waits for none of these hooks (nest 11390): what they still do would run while others free what they use. */
export function trackConnectionHooks(gateway: object, work: TrackedWork): void {
  for (const hook of CONNECTION_HOOKS) {
    const original: unknown = Reflect.get(gateway, hook);
    if (typeof original === 'function') {
      Reflect.set(gateway, hook, (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(original, gateway, args);
        if (result instanceof Promise) {
          work.add(result, `${gateway.constructor.name}.${hook}`);
        }
        return result;
      });
    }
  }
}
