import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ask, questionAt } from './ask.js';
import type { SidecarConfig, SidecarInPod } from './sidecar-config.js';
import type { SidecarCall } from './table.js';

const ASK_EVERY_MS = 100;

/** A sidecar was not ready in time; the message names each, what it was asked and what it did. */
export class SidecarsNotReadyError extends Error {
  constructor(waiting: readonly Waiting[], { sidecarStartMs }: SidecarConfig) {
    const each = waiting.map(
      ({ sidecar, ready, did }) => `${sidecar.name} (${questionAt(sidecar.url, ready)}: ${did})`,
    );
    super(
      `Cannot start: not ready within ${sidecarStartMs / 1_000} s (SIDECAR_START_SECONDS): ${each.join(', ')}. ` +
        "Look at the sidecar's own log. If the pod has none, take it out of SIDECARS; if it listens elsewhere, set its " +
        'SIDECAR_..._URL.',
    );
    this.name = 'SidecarsNotReadyError';
  }
}

interface Waiting {
  readonly sidecar: SidecarInPod;
  readonly ready: SidecarCall;
  /** What it did when it was last asked. */
  did: string;
}

/**
 * Waits until every sidecar is ready.
 *
 * @param watch is told whom it waits for, as often as it asks, until the function that it returns is called.
 * @throws {@link SidecarsNotReadyError} (a rejection) when one is not within {@link SidecarConfig.sidecarStartMs}.
 */
export async function waitForSidecars(
  config: SidecarConfig,
  logger: Logger,
  watch: (awaited: () => readonly string[]) => () => void,
): Promise<void> {
  const waiting = new Set<Waiting>();
  for (const sidecar of config.sidecars) {
    const { ready } = sidecar;
    if (ready !== undefined) {
      waiting.add({ sidecar, ready, did: 'has not answered yet' });
    }
  }
  if (waiting.size === 0) {
    return;
  }
  const startedAt = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedAt);
  const sidecars = Array.from(waiting, ({ sidecar }) => sidecar.name);
  logger.info({ event: 'sidecars.waiting', sidecars }, `Waiting for ${sidecars.join(', ')}`);
  const unwatch = watch(() => Array.from(waiting, ({ sidecar, did }) => `${sidecar.name}, which ${did}`));
  try {
    await Promise.all(
      Array.from(waiting, async (one) => {
        while (!(await isReady(one))) {
          if (elapsedMs() >= config.sidecarStartMs) {
            throw new SidecarsNotReadyError([...waiting], config);
          }
          await sleep(ASK_EVERY_MS);
        }
        waiting.delete(one);
        logger.info({ sidecar: one.sidecar.name, elapsedMs: elapsedMs() }, `${one.sidecar.name} is ready`);
      }),
    );
  } finally {
    unwatch();
  }
  logger.info({ event: 'sidecars.ready', elapsedMs: elapsedMs() }, 'Every sidecar is ready');
}

async function isReady(one: Waiting): Promise<boolean> {
  const answer = await ask(one.sidecar.url, one.ready);
  if (!answer.isYes) {
    one.did = answer.did;
  }
  return answer.isYes;
}
