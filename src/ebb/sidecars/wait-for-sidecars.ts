import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config, SidecarInPod } from '../config/config.js';
import { openWaitingRoom } from '../management/waiting-room.js';
import { ask, questionAt } from './ask.js';
import type { SidecarCall } from './table.js';

const ASK_EVERY_MS = 100;

/** How often the log says whom the start still waits for. */
const TELL_EVERY_MS = 5_000;

/** A sidecar was not ready in time; the message names each, what it was asked and what it did. */
export class SidecarsNotReadyError extends Error {
  constructor(waiting: readonly Waiting[], { sidecarStartMs }: Config) {
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
 * Waits until every sidecar is ready. The public port is not open meanwhile, and the management port answers 503.
 *
 * @throws {@link SidecarsNotReadyError} (a rejection) when one is not within {@link Config.sidecarStartMs}.
 */
export async function waitForSidecars(config: Config, logger: Logger): Promise<void> {
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
  const room = await openWaitingRoom(config);
  const startedAt = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedAt);
  const sidecars = Array.from(waiting, ({ sidecar }) => sidecar.name);
  logger.info({ event: 'sidecars.waiting', sidecars, managementPort: room.port }, `Waiting for ${sidecars.join(', ')}`);
  const progress = setInterval(() => {
    const each = Array.from(waiting, ({ sidecar, did }) => `${sidecar.name}, which ${did}`);
    logger.info({ elapsedMs: elapsedMs() }, `Still waiting for ${each.join('; for ')}`);
  }, TELL_EVERY_MS);
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
    clearInterval(progress);
    room.close();
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
