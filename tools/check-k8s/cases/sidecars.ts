/** The rules of sidecars. */
import { production } from '../fixtures.js';
import { beside, type Case, natives, type Change } from './case.js';

const annotated = (annotations: Record<string, string>) => () => production().grace(75).annotate(annotations);
const annotate = (key: string, ...values: string[]): readonly Change[] =>
  values.map((value) => (r) => r.annotate({ [key]: value }));
const PROXY = 'proxy.istio.io/config';
const WAIT = 'config.alpha.linkerd.io/proxy-wait-before-exit-seconds';
const LINKERD_END = 'config.linkerd.io/shutdown-grace-period';
const CONSUL = 'consul.hashicorp.com/sidecar-proxy-lifecycle-shutdown-grace-period-seconds';

export const SIDECARS: readonly Case[] = [
  {
    rule: 'native-sidecar-pre-stop',
    wrong: [
      natives({ lifecycle: { preStop: { exec: { command: ['/cloud-sql-proxy', 'shutdown'] } } } }),
      natives({ lifecycle: { preStop: { httpGet: { path: '/quitquitquit', port: 9000 } } } }),
      natives({ lifecycle: { preStop: { exec: { command: ['post', 'http://localhost:9901/drain_listeners'] } } } }),
      natives({ lifecycle: { preStop: { exec: { command: ['post', '/drain_listeners?graceful'] } } } }),
      natives({ lifecycle: { preStop: { exec: { command: ['sh', '-c', 'drain; kill 1'] } } } }),
    ],
    right: [
      natives({ lifecycle: { preStop: { sleep: { seconds: 10 } } } }),
      natives({ lifecycle: { preStop: { exec: { command: ['sleep', '5'] } } } }),
      natives({ lifecycle: { preStop: { exec: { command: ['pilot-agent', 'request', 'POST', 'drain'] } } } }),
      natives({ lifecycle: { preStop: { exec: { command: ['post', '/drain_listeners?graceful&skip_exit'] } } } }),
    ],
  },
  {
    rule: 'native-sidecar-startup',
    wrong: [natives({ startupProbe: undefined })],
    right: [natives({ startupProbe: undefined, restartPolicy: undefined })],
  },
  {
    rule: 'istio-pre-stop',
    from: () => production().env('SIDECARS', 'istio'),
    wrong: [
      () => beside({ lifecycle: { preStop: { httpGet: { path: '/leave', port: 3000 } } } }).env('SIDECARS', 'istio'),
    ],
    right: [() => beside({ lifecycle: { preStop: { sleep: { seconds: 10 } } } }).env('SIDECARS', 'istio')],
  },
  {
    rule: 'istio-stays',
    from: annotated({
      'sidecar.istio.io/nativeSidecar': 'false',
      [PROXY]: 'terminationDrainDuration: 50s\ndrainDuration: 50s',
    }),
    wrong: annotate(
      PROXY,
      'terminationDrainDuration: 49s\ndrainDuration: 50s',
      'terminationDrainDuration: 50s',
      'drainDuration: 50s',
      'terminationDrainDuration: 75s\ndrainDuration: 50s',
      'terminationDrainDuration: 50\ndrainDuration: 50s',
      'terminationDrainDuration: 60s\ndrainDuration: 50s\nproxyMetadata: { EXIT_ON_ZERO_ACTIVE_CONNECTIONS: "true" }',
      '{',
    ),
    right: [
      ...annotate(PROXY, '{"terminationDrainDuration":"1m","drainDuration":"74s"}'),
      ...annotate(
        PROXY,
        'drainDuration: 50s\nproxyMetadata: { EXIT_ON_ZERO_ACTIVE_CONNECTIONS: "true", MINIMUM_DRAIN_DURATION: 50s }',
      ),
      ...annotate('sidecar.istio.io/nativeSidecar', 'true'),
    ],
  },
  {
    rule: 'linkerd-stays',
    from: annotated({
      'config.linkerd.io/proxy-enable-native-sidecar': 'false',
      [WAIT]: '50',
      [LINKERD_END]: '10s',
    }),
    wrong: [...annotate(WAIT, '49', '65', '50s'), ...annotate(LINKERD_END, '25s', '25')],
    right: [
      ...annotate(WAIT, '64'),
      ...annotate(LINKERD_END, '24s'),
      (r) => r.annotate({ 'linkerd.io/inject': 'disabled', [WAIT]: '0' }),
    ],
  },
  {
    rule: 'dapr-stays',
    from: annotated({ 'dapr.io/enabled': 'true', 'dapr.io/block-shutdown-duration': '50s' }),
    wrong: [
      ...annotate('dapr.io/block-shutdown-duration', '49s', '70s', '50'),
      ...annotate('dapr.io/graceful-shutdown-seconds', '25'),
    ],
    right: [
      ...annotate('dapr.io/block-shutdown-duration', '69s'),
      ...annotate('dapr.io/graceful-shutdown-seconds', '24'),
    ],
  },
  {
    rule: 'dapr-app-health',
    from: annotated({
      'dapr.io/enabled': 'true',
      'dapr.io/block-shutdown-duration': '50s',
      'dapr.io/enable-app-health-check': 'true',
    }),
    wrong: annotate('dapr.io/app-health-check-path', '/readyz'),
    right: annotate('dapr.io/app-health-check-path', '/livez'),
  },
  {
    rule: 'consul-stays',
    from: annotated({
      'consul.hashicorp.com/connect-inject': 'true',
      'consul.hashicorp.com/enable-sidecar-proxy-lifecycle': 'true',
      [CONSUL]: '50',
    }),
    wrong: [
      ...annotate(CONSUL, '49', '75', 'long'),
      ...annotate('consul.hashicorp.com/enable-sidecar-proxy-lifecycle', 'false'),
    ],
    right: annotate(CONSUL, '74'),
  },
  {
    rule: 'vault-stays',
    from: annotated({
      'vault.hashicorp.com/agent-revoke-on-shutdown': 'true',
      'vault.hashicorp.com/agent-revoke-grace': '50',
    }),
    wrong: annotate('vault.hashicorp.com/agent-revoke-grace', '49', '75', ''),
    right: [
      ...annotate('vault.hashicorp.com/agent-revoke-grace', '74'),
      (r) =>
        r.annotate({
          'vault.hashicorp.com/agent-pre-populate-only': 'true',
          'vault.hashicorp.com/agent-revoke-grace': '5',
        }),
    ],
  },
  ...[
    [['--min-sigterm-delay=50s', '--max-sigterm-delay=50s'], true],
    [['--min-sigterm-delay', '74s', '--max-sigterm-delay', '74s'], true],
    [['--min-sigterm-delay=49s', '--max-sigterm-delay=50s'], false],
    [['--min-sigterm-delay=50s', '--max-sigterm-delay=1h'], true],
    [['--min-sigterm-delay=75s', '--max-sigterm-delay=75s'], false],
    [['--min-sigterm-delay=50s'], false],
  ].map(([args, isRight]): Case => {
    const changed = () => beside({ image: 'gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.27.0', args });
    return {
      rule: 'cloud-sql-proxy-stays',
      wrong: isRight === true ? [] : [changed],
      right: isRight === true ? [changed] : [],
    };
  }),
  {
    rule: 'sidecar-ends',
    from: () => annotated({ 'linkerd.io/inject': 'enabled', [LINKERD_END]: '8s' })().env('SIDECARS', 'linkerd'),
    wrong: annotate(LINKERD_END, '9s', ''),
    right: annotate(LINKERD_END, '7s'),
  },
  {
    rule: 'sidecar-ends',
    from: () =>
      annotated({ 'dapr.io/enabled': 'true', 'dapr.io/enable-native-sidecar': 'true' })().env('SIDECARS', 'dapr'),
    wrong: annotate('dapr.io/graceful-shutdown-seconds', '6'),
    right: annotate('dapr.io/graceful-shutdown-seconds', '5'),
  },
];
