/** What the page has to say, made of what is shipped: rows of its tables, and the phrases of its text in their order. */
import { readConfig } from '../../../src/ebb/environment.js';
import { MARGIN_MS } from '../../../src/ebb/config/time-budget.js';
import { idleOfClients, idleToService } from '../envoy.js';
import { noticedAfter } from '../pod.js';
import { read, root } from '../../lib/manifests/kustomize.js';
import {
  annotated,
  cited,
  citedNumbers,
  envoyIdle,
  goIdle,
  IN_CLUSTER,
  isNative,
  lastNumber,
  namesIn,
  numberIn,
  shipped,
  type Shipped,
  SPOT_NOTICE,
  weighed,
  withSettings,
} from './shipped.js';

const dash = (value: number | undefined) => (value === undefined ? '—' : String(value));
const sliced = ({ P, A, R, C }: Shipped) => `${P} + ${A} + ${R} + ${C} = ${P + A + R + C}`;
const summed = ({ P, A, R, C, S, m, sum }: Shipped) => `${P} + ${A} + ${R} + ${C} + ${S} + ${m} = ${sum}`;

/** A row of a table by its columns; those that are not here may hold no figure. */
export type Row = Readonly<Record<string, string>>;

export function symbolRow(symbol: string): Row {
  // The two without a default are as the manifests have them.
  const { P, G } = shipped('production');
  const { budget, keepAliveMs } = readConfig({
    ...IN_CLUSTER,
    PRE_STOP_SECONDS: String(P),
    TERMINATION_GRACE_PERIOD_SECONDS: String(G),
  });
  const ms: Readonly<Record<string, number>> = {
    G: budget.graceMs,
    P: budget.preStopMs,
    D: budget.propagationMs,
    A: budget.lameDuckMs,
    R: Number(budget.drainMs),
    C: budget.cleanupMs,
    S: budget.sidecarMs,
    m: MARGIN_MS,
    K: keepAliveMs,
  };
  return { 'in a cluster': String((ms[symbol] ?? Number.NaN) / 1_000) };
}

export function ruleRows(): Row[] {
  const [cluster, alb, nlb] = [shipped('production'), shipped('aws-alb'), shipped('aws-nlb')] as const;
  const [spot, linkerd, regular] = [
    shipped('aws-alb', 'spot'),
    shipped('production', 'linkerd'),
    shipped('production', 'linkerd-regular'),
  ] as const;
  const { periodSeconds, failureThreshold, timeoutSeconds } = cluster.readiness;
  const [wait, end] = ['proxy-wait-before-exit-seconds', 'shutdown-grace-period'].map((name) =>
    annotated(regular, name),
  ) as [number, number];
  const rows: [id: string, where: string, there: string][] = [
    ['pre-stop-shorter', 'production', `${cluster.P} < ${cluster.G}`],
    ['propagation', 'aws-alb', `${alb.P} + ${alb.A} = ${alb.P + alb.A} ≥ ${alb.D}`],
    ['slices-fit', 'production', `${summed(cluster)} ≤ ${cluster.G}`],
    ['load-balancer-forgets', 'aws-nlb', `${nlb.P} + ${nlb.A} = ${nlb.P + nlb.A} ≥ ${nlb.forgets}`],
    [
      'readiness-noticed',
      'production',
      `${periodSeconds} × ${failureThreshold} + ${timeoutSeconds} = ${noticedAfter(cluster.readiness)} ≤ ${cluster.A}`,
    ],
    ['load-balancer-notices', 'aws-alb', `${noticedBy(alb)} ≤ ${alb.A}`],
    ['keep-alive', 'aws-alb', `${alb.K} > ${dash(alb.idle)}`],
    ['keep-alive', 'aws-nlb', `${nlb.K} < ${dash(nlb.idle)}`],
    ['envoy-keep-alive', 'production + envoy', `${dash(envoyIdle(idleToService))} < ${shipped('envoy').K}`],
    ['deregistration-delay', 'aws-alb', `${alb.R} ≤ ${alb.P} + ${alb.R} = ${dash(alb.deregistration)} ≤ ${alb.G}`],
    ['spot-notice', 'aws-alb + spot', `${spot.G} ≤ ${SPOT_NOTICE}`],
    ['node-drained', 'aws-nlb', `${nlb.G} ≤ ${lastNumber('node-drained')}`],
    ['sidecar-ends', 'production + linkerd', `${annotated(linkerd, 'shutdown-grace-period')} ≤ ${linkerd.S}`],
    [
      'linkerd-stays',
      'production + linkerd-regular',
      `${sliced(regular)} ≤ ${wait}, ${wait} + ${end} = ${wait + end} < ${regular.G}`,
    ],
  ];
  return rows.map(([id, where, there]) => ({
    id: `\`${id}\``,
    'for example': where.replaceAll(/[\w-]+/g, '`$&`'),
    there,
  }));
}

/** What the load balancer's health check takes, spelt out. */
function noticedBy({ balancer }: Shipped): string {
  const [interval = 0, threshold = 0, timeout = 0] = (['interval', 'threshold', 'timeout'] as const).map(
    (name) => balancer?.healthCheck[name].seconds,
  );
  return `${interval} × ${threshold} + ${timeout} = ${interval * threshold + timeout}`;
}

export function shippedRow(cells: Row): Row {
  const from = shipped(...namesIn(Object.values(cells)[0] ?? ''));
  const { D, P, A, R, C, S, m, sum, G, slack, K } = from;
  return {
    ...Object.fromEntries(Object.entries({ D, P, A, R, C, S, m, sum, G, slack, K }).map(([k, v]) => [k, String(v)])),
    'idle time-out': dash(from.idle),
    'deregistration delay': dash(from.deregistration),
    notice: String(SPOT_NOTICE),
    fits: from.fitsNotice ? 'yes' : 'no',
    kind: isNative(from) ? 'native' : 'regular',
    stays: withSettings(cells['stays'] ?? '', from),
    afterwards: withSettings(cells['afterwards'] ?? '', from),
  };
}

/** The lines of the drawing above the code that does it. */
function drawn(): string[] {
  const source = read(root, 'src/ebb/lifecycle/shutdown.ts');
  const from = source.indexOf(' *  t0 ');
  return source
    .slice(from, source.indexOf('\n *\n', from))
    .split('\n')
    .map((line) => line.replace(/^ \* {2}/, ''));
}

/** The same drawing, simpler and with the figures of production. */
function drawing(): string {
  const { P, A, R, C, S, m, slack, G } = shipped('production');
  const slices = [P, A, R, C, S, m, slack];
  const ends = slices.map((_, index) => slices.slice(0, index + 1).reduce((one, other) => one + other, 0));
  const [moments = '', names = '', phase = '', readyz = ''] = drawn();
  return [
    moments,
    `${names}- slack -|`,
    `| ${slices.join(' | ')} |`,
    [0, ...ends].join(' '),
    phase,
    readyz,
    (drawn().at(-1) ?? '').replace(' G ', ` G ${G} `),
  ].join('\n');
}

const ALB_FILE = 'components/aws-alb/kustomization.yaml';
const NLB_FILE = 'components/aws-nlb/kustomization.yaml';
const GKE_FILE = 'components/gke-neg/kustomization.yaml';
const SPOT_FILE = 'components/spot/kustomization.yaml';

/** R in the page's example of a request that takes longer. */
export const LONGER = 50;

/** Everything in the text that has a figure in it, in its order. */
export function phrases(): string[] {
  const [alb, nlb, gke, cluster] = [shipped('aws-alb'), shipped('aws-nlb'), shipped('gke'), shipped('production')];
  const [, most = 0] = citedNumbers(ALB_FILE, /range from (\d+) to (\d+) s/);
  const [advised = 0, shown = 0, moreG = 0] = citedNumbers(
    GKE_FILE,
    /is taken out of its group in (\d+) s, .* has shown (\d+) s .* set this and P to \2, G to (\d+), and/,
  );
  const route = numberIn(shipped('production', 'gateway-api'), 'HTTPRoute', 'request');
  const policy = numberIn(gke, 'GCPBackendPolicy', 'timeoutSec');
  const illKept = nlb.balancer?.illKept?.seconds ?? Number.NaN;
  const [delay, longer] = [alb.P + LONGER, weighedWith(LONGER)] as const;
  return [
    drawing(),
    `keep idle connections for ${goIdle()}`,
    cited(
      ALB_FILE,
      'range from 25 to 60 s (aws-load-balancer-controller issue 1064; govuk-helm-charts pull request 2202)',
    ),
    `D is ${alb.D - most} more`,
    `still arrive for ${nlb.forgets} or more after the target is deregistered (${cited(NLB_FILE, 'aws-load-balancer-controller issue 2366')})`,
    `silent for ${dash(nlb.idle)}`,
    `to leave them: for ${illKept}, which is ${illKept > nlb.A + nlb.R ? 'more' : 'less'} than A + R`,
    `to sleep ${advised} s (${cited(GKE_FILE, 'knowledge base article 006416')})`,
    `has shown ${shown} s (${cited(GKE_FILE, 'kubernetes/ingress-gce issue 2222')})`,
    cited(GKE_FILE, 'should you see 502s'),
    `D and P to ${shown}, G to ${moreG}, and \`drainingTimeoutSec\` to P + R = ${shown} + ${gke.R} = ${shown + gke.R}`,
    `an instance back ${SPOT_NOTICE} s after its notice`,
    cited(SPOT_FILE, 'give some 30 s'),
    `the service needs ${cluster.sum}`,
    `behind the ALB to ${sliced(alb)}`,
    `clients' idle connections for ${dash(envoyIdle(idleOfClients))}`,
    `takes up to ${LONGER}`,
    `${summed(longer)} > ${alb.G}`,
    `G becomes ${longer.sum}`,
    `P + R = ${alb.P} + ${LONGER} = ${delay}`,
    `DRAIN_TIMEOUT_SECONDS=${LONGER}`,
    `terminationGracePeriodSeconds: ${longer.sum}`,
    `deregistration_delay.timeout_seconds=${delay}`,
    `here ${LONGER} < ${dash(alb.idle)}`,
    `are R, ${route === policy ? route : 'not the same'}`,
    `P + A + R + C = ${sliced(longer)} and not ${annotated(shipped('vault'), 'agent-revoke-grace')}`,
    `are out: ${longer.sum} > ${SPOT_NOTICE}`,
  ];
}

/** The ALB's overlay with another R, and a grace period that is long enough for it. */
function weighedWith(R: number): Shipped {
  const before = shipped('aws-alb');
  const G = before.sum - before.R + R;
  return weighed(before.rendered.copy().env('DRAIN_TIMEOUT_SECONDS', String(R)).grace(G));
}
