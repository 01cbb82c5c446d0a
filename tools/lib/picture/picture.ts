import { drawChart } from './picture-chart.js';
import { COUNTED, MUST_BE_ZERO, countsOf, troublesOf } from '../connections/counts.js';
import type { ConnectionKind } from '../connections/record.js';
import { documentOf } from './picture-document.js';
import { endedBadly, exitInWords } from './picture-lane.js';
import { Markup, clock, count, duration, groupBy, markup, plural } from './picture-markup.js';
import { ENDPOINT_STATES } from './picture-spans.js';
import { STYLE } from './picture-style.js';
import type { PodRecord, RolloutResult } from '../load/result.js';

type LegendEntry = readonly [style: string, text: string];

const ANSWERERS: readonly LegendEntry[] = [
  ['old', 'answered by an old pod'],
  ['new', 'by a new pod'],
];
const NOT_TOLD: readonly LegendEntry[] = [['unknown', 'answered, by whom is not known']];
const PHASES: readonly LegendEntry[] = [
  ['starting apart', 'starting'],
  ['ready', 'ready'],
  ['pre-stop', 'pre-stop'],
  ['lame-duck', 'lame-duck'],
  ['draining', 'draining'],
  ['closing', 'closing'],
];
const FAILED: readonly LegendEntry[] = [['failure apart', 'failed requests']];
const ENDPOINTS = Object.entries(ENDPOINT_STATES).map(([state, text]) => [`endpoint ${state}`, text] as const);

const CONNECTIONS: Readonly<Record<ConnectionKind, string>> = {
  sockets: 'WebSockets',
  streams: 'streams of events',
};

const TARGETS = { processes: 'as processes', kubernetes: 'on Kubernetes' } as const;

/**
 * One HTML document that shows a rolling deploy: how many requests failed, who answered when, and what every pod did
 * meanwhile. It is complete: it has no script and fetches nothing, so that it can be kept as the artifact of a build.
 */
export function drawPicture(result: RolloutResult): string {
  const sent = result.kinds.reduce((sum, { requests }) => sum + requests, 0);
  const verdict = `${count(result.failures.length)} of ${count(sent)} requests failed`;
  const troubles = (result.connections ?? []).flatMap(troublesOf);
  const mood = result.failures.length + troubles.length > 0 || sent === 0 ? 'went-wrong' : 'went-well';
  return documentOf(
    `${verdict}: rolling deploy of ${result.service}`,
    STYLE,
    markup`<header class="${mood}">
<p class="rolled">Rolling deploy of <b>${result.service}</b> ${TARGETS[result.target]}, ${result.startedAt}</p>
<h1>${verdict}</h1>
${[...alarms(result), ...troubles.map(alarm)]}
${facts(result)}
</header>
${legend(result)}
<div class="chart">${drawChart(result, `${verdict}. ${plural(result.pods.length, 'pod')}, ${duration(result.durationMs)}.`)}</div>
<div class="tables">
${kindsTable(result)}
${failuresTable(result)}
${connectionsTable(result)}
</div>`,
  );
}

/** A rollout that loses no request and still has to kill a pod has not gone well. */
function alarms({ pods }: RolloutResult): Markup[] {
  const byExit = groupBy(pods.filter(endedBadly), exitInWords);
  return [...byExit].map(([exit, ended]) => {
    const names = ended.map(({ name }) => name).join(', ');
    return alarm(`${names} ended with ${exit}`);
  });
}

function alarm(text: string): Markup {
  return markup`<p class="alarm">${text}</p>`;
}

function facts({ settings, durationMs, pods }: RolloutResult): Markup {
  const all = [
    ['took', duration(durationMs)],
    ['replicas', count(settings.replicas)],
    ...slowest('SIGTERM → exit', pods, ({ sigtermToExitMs }) => sigtermToExitMs),
    ...slowest('deleted → gone', pods, ({ deletedToGoneMs }) => deletedToGoneMs),
    ['preStop', duration(settings.preStopMs)],
    ...(settings.propagationMs === undefined ? [] : [['propagation', duration(settings.propagationMs)]]),
    ['grace period', duration(settings.graceMs)],
  ];
  return markup`<dl>${all.map(([name = '', value = '']) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** Nothing where no pod knows it. */
function slowest(name: string, pods: readonly PodRecord[], timeOf: (pod: PodRecord) => number | undefined): string[][] {
  const times = pods.flatMap((pod) => timeOf(pod) ?? []);
  return times.length > 0 ? [[`slowest ${name}`, duration(Math.max(...times))]] : [];
}

/** What is not drawn is not explained either. */
function legend({ pods, failures, connections = [] }: RolloutResult): Markup[] {
  const told = pods.filter(({ served }) => served !== undefined);
  const shown = [
    ...(told.length > 0 ? ANSWERERS : []),
    ...(told.length < pods.length ? NOT_TOLD : []),
    ...PHASES,
    ...(failures.length > 0 ? FAILED : []),
  ];
  const hasEndpoint = pods.some(({ endpoint }) => endpoint !== undefined);
  return [
    legendRow(shown),
    ...(connections.length === 0
      ? []
      : [
          legendRow(
            connections.map(({ kind }) => [kind, CONNECTIONS[kind]] as const),
            'connected to each pod:',
          ),
        ]),
    ...(hasEndpoint ? [legendRow(ENDPOINTS, 'below the phases, what the endpoint says:')] : []),
  ];
}

function legendRow(entries: readonly LegendEntry[], of = ''): Markup {
  const heading = of === '' ? [] : markup`<li>${of}</li>`;
  return markup`<ul class="legend">${heading}${entries.map(([style, text]) => markup`<li><i class="${style}"></i>${text}</li>`)}</ul>`;
}

function kindsTable({ kinds }: RolloutResult): Markup {
  const rows = kinds.map(({ kind, requests, failed, slowestMs }) => [
    cell(kind),
    cell(count(requests)),
    cell(count(failed), failed > 0),
    cell(duration(slowestMs)),
  ]);
  return table(['kind of client', 'requests', 'failed', 'slowest answer'], rows);
}

function failuresTable({ failures, target }: RolloutResult): Markup {
  const noPod = target === 'kubernetes' ? 'not known' : 'no pod';
  const rows = [...groupBy(failures, ({ reason }) => reason)].map(([reason, alike]) => [
    cell(reason),
    cell(count(alike.length), true),
    cell([...new Set(alike.map(({ pod }) => pod ?? noPod))].join(', ')),
    cell(clock(alike[0]?.atMs ?? 0)),
    cell(clock(alike.at(-1)?.atMs ?? 0)),
  ]);
  return rows.length > 0 ? table(['failed because of', 'requests', 'on', 'first', 'last'], rows) : markup``;
}

function connectionsTable({ connections = [] }: RolloutResult): Markup {
  const counts = connections.map(countsOf);
  const rows = COUNTED.map(([key, what]) => {
    const numbers = counts.map((of) => of[key]);
    return [cell(what)].concat(
      numbers.map((number) =>
        number === undefined ? cell('not checked') : cell(count(number), number > 0 && MUST_BE_ZERO.has(key)),
      ),
    );
  });
  return counts.length > 0 ? table(['connections', ...connections.map(({ kind }) => kind)], rows) : markup``;
}

function cell(text: string, bad = false): Markup {
  return bad ? markup`<td class="bad">${text}</td>` : markup`<td>${text}</td>`;
}

function table(columns: readonly string[], rows: readonly (readonly Markup[])[]): Markup {
  return markup`<table>
<thead><tr>${columns.map((column) => markup`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${rows.map((cells) => markup`<tr>${cells}</tr>\n`)}</tbody>
</table>`;
}
