import type { Release } from '../../lib/kubernetes/release.js';
import { LASTING_LOAD, LOAD } from '../../lib/kubernetes/stage.js';
import { wereCut } from '../long-lived.js';
import type { Scenario } from '../scenario.js';

/** What a pod has that does not say. */
const GRACE_SECONDS = 30;

/** It has lost some long before. */
const SHARE = 0.25;

export function control(
  name: string,
  what: string,
  release: (testImage: string) => Partial<Release>,
  settings = LOAD,
): Scenario {
  return {
    name: `control-${name}`,
    what,
    mustLose: true,
    share: SHARE,
    async run(stage, findings, { testImage }) {
      await stage.deploy({ replicas: 2, minReadySeconds: 1, ...release(testImage) });
      await stage.underLoad(() => stage.replaceAll(), { settings });
      wereCut(stage, findings);
    },
  };
}

const peer = (way: string, testImage: string): Partial<Release> => ({
  image: testImage,
  args: ['dist-test/tools/lib/peers/peer.js', way],
  graceSeconds: GRACE_SECONDS,
  onlyProbe: { path: '/a', port: 'http' },
});

export const controls: readonly Scenario[] = [
  control('no-delays', 'Ebb with neither preStop nor lame duck', () => ({
    preStopSeconds: 0,
    env: { PROPAGATION_SECONDS: '0', LAME_DUCK_SECONDS: '0' },
  })),
  control(
    'hooks',
    'a stock Nest service with enableShutdownHooks, WebSockets and streams too',
    (testImage) => ({
      ...peer('hooks', testImage),
      preStopSeconds: 0,
    }),
    LASTING_LOAD,
  ),
  control(
    'terminus',
    "a stock Nest service with terminus' gracefulShutdownTimeoutMs and a preStop sleep",
    (testImage) => ({
      ...peer('terminus', testImage),
      preStopSeconds: 5,
    }),
  ),
];
