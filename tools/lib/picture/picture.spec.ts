import { describe, expect, it } from '@jest/globals';
import { drawPicture } from './picture.js';
import type { Failure, PodRecord, RolloutResult } from '../load/result.js';

const oldPod: PodRecord = {
  name: 'old-1',
  generation: 'old',
  phases: [
    { phase: 'ready', fromMs: 0, toMs: 2_000 },
    { phase: 'pre-stop', fromMs: 2_000, toMs: 3_000 },
    { phase: 'lame-duck', fromMs: 3_000, toMs: 4_000 },
    { phase: 'draining', fromMs: 4_000, toMs: 8_000 },
    { phase: 'closing', fromMs: 8_000, toMs: 8_003 },
  ],
  moments: [
    { atMs: 2_000, name: 'deleted' },
    { atMs: 3_000, name: 'SIGTERM' },
    { atMs: 4_000, name: 'lame-duck.over', detail: 'no connection is left' },
    { atMs: 4_001, name: 'listener.closed' },
    { atMs: 8_000, name: 'requests.drained' },
    { atMs: 8_003, name: 'exit', detail: '0' },
  ],
  served: 600,
  servedPerSecond: [100, 200, 200, 100],
  sigtermToExitMs: 5_003,
  exit: '0',
};
const newPod: PodRecord = {
  name: 'new-1',
  generation: 'new',
  phases: [
    { phase: 'starting', fromMs: 500, toMs: 1_500 },
    { phase: 'ready', fromMs: 1_500, toMs: 10_000 },
  ],
  moments: [{ atMs: 1_500, name: 'ready' }],
  served: 1_000,
  servedPerSecond: [0, 50, 100, 100, 150, 150, 150, 100, 100, 100],
};

/** A pod of a cluster: it was there from the beginning, and its endpoint turned red a while after SIGTERM. */
const clusterPod: PodRecord = {
  ...oldPod,
  podName: 'ebb-7d9c5b7f68-x2k4q',
  node: 'worker-2',
  moments: [...oldPod.moments, { atMs: 3_600, name: 'not ready' }, { atMs: 9_000, name: 'gone' }],
  endpoint: [
    { fromMs: 0, toMs: 2_000, ready: true, serving: true, terminating: false },
    { fromMs: 2_000, toMs: 3_600, ready: false, serving: true, terminating: true },
    { fromMs: 3_600, toMs: 3_602, ready: false, serving: true, terminating: false },
    { fromMs: 3_602, toMs: 9_000, ready: false, serving: false, terminating: true },
  ],
  deletedToGoneMs: 7_000,
};

/** More moments at one spot than there is room for. */
const crowdedPod: PodRecord = {
  ...oldPod,
  moments: [
    ...Array.from({ length: 30 }, (_, index) => ({ atMs: 3_000 + index, name: `event.${index}`, detail: 'a detail' })),
    { atMs: 3_000, name: 'SIGTERM' },
  ],
};

function resultWith(changes: Partial<RolloutResult> = {}): RolloutResult {
  return {
    service: 'ebb',
    target: 'processes',
    startedAt: '2026-02-11T09:14:03.512Z',
    durationMs: 10_000,
    settings: { replicas: 1, preStopMs: 1_000, propagationMs: 500, graceMs: 60_000 },
    pods: [oldPod, newPod],
    kinds: [
      { kind: 'busy keep-alive', requests: 143_000, failed: 0, slowestMs: 41 },
      { kind: '9 s of work', requests: 210, failed: 0, slowestMs: 9_014 },
    ],
    answeredPerSecond: [100, 250, 300, 200, 150, 150, 150, 100, 100, 100],
    failures: [],
    ...changes,
  };
}

function failures(length: number, pod?: string, everyMs = 0.01): Failure[] {
  return Array.from({ length }, (_, index) => ({
    atMs: index * everyMs,
    kind: 'busy keep-alive',
    reason: pod === undefined ? 'ECONNREFUSED' : 'ECONNRESET',
    ...(pod === undefined ? {} : { pod }),
  }));
}

/** The first group of a pattern, wherever it matches. */
const allOf = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);

/** What is drawn after a lane's beginning, up to the next one. */
const laneOf = (picture: string, pod: string) => picture.split(`data-pod="${pod}"`)[1]?.split('class="lane"')[0] ?? '';

/** The texts of a lane's label. */
const labelOf = (lane: string) =>
  allOf(lane.split('class="heading"')[0] ?? '', /<text class="(?:name|fact|bad)"[^>]*>([^<]*)</g);

/** The rectangle of each phase or of each state of the endpoint, and what it says when pointed at. */
const spansOf = (lane: string, kind: 'phase' | 'endpoint') => {
  const pattern = `class="${kind} ([a-z-]+)"><title>([^<]*)</title><rect x="(.+?)" y="(.+?)" width="(.+?)"(.*?)</g>`;
  return [...lane.matchAll(new RegExp(pattern, 'gs'))].map(([, name, title, x, y, width, rest = '']) => ({
    name,
    title,
    x: Number(x),
    y: Number(y),
    width: Number(width),
    striped: rest.includes('<path'),
  }));
};

const legendOf = (picture: string) => allOf(picture, /<li><i class="[^"]*"><\/i>([^<]*)</g);

/** By whom all pods together are said to have answered, in the order in which it is drawn. */
const areasOf = (picture: string) => allOf(picture.split('data-pod')[0] ?? '', /class="rate ([a-z]+)"/g);

/** The facts of the head by their names. */
const factsOf = (result: RolloutResult) =>
  Object.fromEntries(
    [...drawPicture(result).matchAll(/<dt>(.*?)<\/dt><dd>(.*?)</g)].map(([, name = '', value = '']) => [name, value]),
  );

const flagsOf = (text: string) => allOf(text, /class="failed">.*?<text[^>]*>([^<]*)<\/text>/gs);

/** The names of moments that are written in a lane, and where. */
const namesOf = (lane: string) =>
  [...lane.matchAll(/<\/title><path[^>]*><text x="([\d.]+)" y="([\d.]+)">([^<]*)</g)].map(([, x, y, text = '']) => ({
    x: Number(x),
    y: Number(y),
    text,
  }));

/** The tags that are open where another one is closed, or at the end. */
function misnested(html: string): string[] {
  const open: string[] = [];
  for (const [, slash, name = '', selfClosed] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*?(\/?)>/g)) {
    if (slash === '/') {
      if (open.pop() !== name) return [...open, name];
    } else if (selfClosed !== '/' && name !== 'meta') {
      open.push(name);
    }
  }
  return open;
}

describe('the headline', () => {
  it('counts every request and every failure', () => {
    expect(drawPicture(resultWith())).toContain('<h1>0 of 143,210 requests failed</h1>');
    expect(drawPicture(resultWith({ failures: failures(37, 'old-1') }))).toContain(
      '<h1>37 of 143,210 requests failed</h1>',
    );
  });

  it('is an alarm as soon as one request failed, or when none was sent', () => {
    expect(drawPicture(resultWith())).toContain('<header class="went-well">');
    expect(drawPicture(resultWith({ failures: failures(1) }))).toContain('<header class="went-wrong">');
    expect(drawPicture(resultWith({ kinds: [] }))).toContain('<header class="went-wrong">');
  });

  it('names the pods that were killed or failed, and not those that ended by SIGTERM', () => {
    const pods: PodRecord[] = [
      { ...oldPod, name: 'old-1', exit: '0' },
      { ...oldPod, name: 'old-2', exit: 'SIGKILL' },
      { ...oldPod, name: 'old-3', exit: '1' },
      { ...oldPod, name: 'old-4', exit: 'SIGTERM' },
    ];
    const alarms = allOf(drawPicture(resultWith({ pods })), /<p class="alarm">([^<]*)</g);
    expect(alarms).toEqual(['old-2 ended with SIGKILL', 'old-3 ended with code 1']);
  });
});

describe('the lanes', () => {
  it('are one for each pod, the old generation first', () => {
    const pods = [newPod, oldPod, { ...newPod, name: 'new-2' }];
    expect(allOf(drawPicture(resultWith({ pods })), /data-pod="([^"]*)"/g)).toEqual(['old-1', 'new-1', 'new-2']);
  });

  it('draw phases to scale, and those of milliseconds wide enough to be seen', () => {
    const lane = laneOf(drawPicture(resultWith()), 'old-1');
    const widths = allOf(lane, /class="phase .*?<rect[^>]* width="([\d.]+)"/gs).map(Number);
    const [ready = 0, preStop = 0, lameDuck = 0, draining = 0, closing = 0] = widths;
    expect(ready / preStop).toBeCloseTo(2, 1);
    expect(lameDuck).toBeCloseTo(preStop, 0);
    expect(draining / preStop).toBeCloseTo(4, 1);
    expect(closing).toBeGreaterThan(2);
  });

  it('give every pod the same scale of requests per second', () => {
    const picture = drawPicture(resultWith());
    const [topOfOld = 0, topOfNew = 0] = ['old-1', 'new-1'].map((pod) => {
      const [curve = ''] = allOf(laneOf(picture, pod), /class="rate [a-z]+" d="M\S+ 38([^"]*)"/g);
      return 38 - Math.min(...allOf(curve, /V([\d.]+)/g).map(Number));
    });
    expect(topOfOld / topOfNew).toBeCloseTo(200 / 150, 1);
  });

  it('name every moment there is room for', () => {
    const named = namesOf(laneOf(drawPicture(resultWith()), 'old-1'));
    expect(named.map(({ text }) => text)).toEqual(oldPod.moments.map(({ name }) => name));
  });

  it('name the telling moments of a crowd, and the others when they are pointed at', () => {
    const lane = laneOf(drawPicture(resultWith({ pods: [crowdedPod, newPod] })), 'old-1');
    expect(namesOf(lane).map(({ text }) => text)).toContain('SIGTERM');
    expect(allOf(lane, /<title>([^<]*)</g).join('\n')).toContain('3.029 s  event.29: a detail');
  });

  it('never lay one name of a moment over another', () => {
    for (const pod of [oldPod, crowdedPod, clusterPod]) {
      const names = namesOf(laneOf(drawPicture(resultWith({ pods: [pod] })), 'old-1'));
      const overlaps = names.filter((a) =>
        names.some((b) => a !== b && a.y === b.y && a.x <= b.x && b.x < a.x + a.text.length * 5),
      );
      expect(overlaps).toEqual([]);
    }
  });
});

describe('the lane of a pod of a cluster', () => {
  const picture = drawPicture(resultWith({ target: 'kubernetes', pods: [clusterPod, newPod] }));
  const lane = laneOf(picture, 'old-1');

  it('says which pod it was, where, and how long it took to go', () => {
    expect(labelOf(lane)).toEqual([
      'old-1',
      'ebb-7d9c5b7f68-x2k4q',
      'on worker-2',
      '600 served',
      'SIGTERM → exit 5 s, code 0',
      'deleted → gone 7 s',
    ]);
  });

  it('never cuts the name of a pod or a node', () => {
    const podName = 'orders-of-the-whole-world-production-7d9c5b7f68-x2k4q';
    const node = 'gkeproductionclusterdefaultpoolofmanymachines3f2a9b1c';
    const named = drawPicture(resultWith({ pods: [{ ...clusterPod, podName, node }] }));
    const lines = labelOf(laneOf(named, 'old-1'));
    expect(lines.slice(1, 5).join('')).toBe(`${podName}on ${node}`);
    expect(lines[1]).toBe('orders-of-the-whole-world-');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(36);
  });

  it('leaves out what is not known of it', () => {
    const { served: _, ...pod } = oldPod;
    const known = drawPicture(resultWith({ pods: [{ ...pod, servedPerSecond: [] }, newPod] }));
    expect(labelOf(laneOf(known, 'old-1'))).toEqual(['old-1', 'SIGTERM → exit 5 s, code 0']);
    expect(laneOf(known, 'old-1')).not.toMatch(/class="(rate|base|endpoint)/);
    expect(laneOf(known, 'new-1')).toContain('class="rate new"');
  });

  it('shows what its endpoint said, on the scale of its phases and right below them', () => {
    const [ready, preStop] = spansOf(lane, 'phase');
    const [routed, leaving] = spansOf(lane, 'endpoint');
    expect([routed?.x, routed?.width]).toEqual([ready?.x, ready?.width]);
    expect(leaving?.x).toBe(preStop?.x);
    expect(leaving?.width).toBeCloseTo(1.6 * (preStop?.width ?? 0), 0);
    expect(routed?.y).toBe((ready?.y ?? 0) + 16 + 2);
  });

  it('tells the states of the endpoint apart by more than their colour', () => {
    const spans = spansOf(lane, 'endpoint');
    expect(spans.map(({ name }) => name)).toEqual(['routed', 'leaving', 'unready', 'unready']);
    expect(spans.map(({ striped }) => striped)).toEqual([false, true, false, false]);
    expect(picture).toMatch(/\.endpoint\.unready rect \{ fill: var\(--paper\); stroke: /);
  });

  it('shows a state of milliseconds too, and nothing once the endpoint is in no slice', () => {
    const spans = spansOf(lane, 'endpoint');
    expect(Math.min(...spans.map(({ width }) => width))).toBeGreaterThan(2);
    const { x = 0, width = 0 } = spans.at(-1) ?? {};
    const gone = namesOf(lane).find(({ text }) => text === 'gone');
    expect(x + width).toBeCloseTo((gone?.x ?? 0) - 3, 0);
  });

  it('says the conditions of the endpoint and their times when pointed at', () => {
    expect(spansOf(lane, 'endpoint')[1]?.title).toBe(
      'endpoint: terminating, still serving 1.6 s, 2.000 s to 3.600 s\nready: false, serving: true, terminating: true',
    );
  });

  it('starts at once for a pod that was there from the beginning', () => {
    const [zero] = allOf(picture, /class="axis" x="([\d.]+)"[^>]*>0 s</g);
    expect(spansOf(lane, 'phase')[0]).toMatchObject({ name: 'ready', x: Number(zero) });
  });

  it('names what happened to it in the cluster, and a restart in red', () => {
    const moments = [{ atMs: 0, name: 'created' }, { atMs: 1_000, name: 'restarted' }, ...clusterPod.moments];
    const restarted = laneOf(drawPicture(resultWith({ pods: [{ ...clusterPod, moments }] })), 'old-1');
    const named = namesOf(restarted).map(({ text }) => text);
    expect(named).toEqual(expect.arrayContaining(['restarted', 'not ready', 'gone']));
    expect(named).not.toContain('created');
    expect(allOf(restarted, /class="moment bad">.*?<text[^>]*>([^<]*)</gs)).toEqual(['restarted']);
  });

  it('names what is most telling where there is room for some only', () => {
    const names = ['gone', 'not ready', 'restarted', 'ready', 'endpoints.forgot', 'listener.closed'];
    const moments = names.map((name, index) => ({ atMs: 5_000 + index, name }));
    const crowded = laneOf(drawPicture(resultWith({ pods: [{ ...clusterPod, moments }] })), 'old-1');
    expect(namesOf(crowded).map(({ text }) => text)).toEqual(['gone', 'not ready', 'restarted', 'listener.closed']);
  });
});

describe('all pods together', () => {
  it('have answered what clients counted, the old ones what they say themselves', () => {
    const total = drawPicture(resultWith({ answeredPerSecond: [400, 800] })).split('data-pod')[0] ?? '';
    const tops = (area: string) =>
      allOf(allOf(total, new RegExp(`class="rate ${area}" d="M\\S+ 80([^"]*)V80Z"`, 'g'))[0] ?? '', /V([\d.]+)/g);
    expect(total).toContain('height: 800 / s');
    expect(tops('new')).toEqual(['40', '0']);
    expect(tops('old')).toEqual(['70', '60', '60', '70']);
  });

  it('are not taken for new ones where a pod does not tell what it answered', () => {
    const { served: _, ...silent } = newPod;
    const [some, none] = [
      [oldPod, silent],
      [silent, { ...silent, name: 'new-2' }],
    ].map((pods) => drawPicture(resultWith({ pods })));
    expect(areasOf(drawPicture(resultWith()))).toEqual(['new', 'old']);
    expect(areasOf(some ?? '')).toEqual(['unknown', 'new', 'old']);
    expect(legendOf(drawPicture(resultWith()))).not.toContain('answered, by whom is not known');
    expect(legendOf(some ?? '')).toEqual(expect.arrayContaining(['by a new pod', 'answered, by whom is not known']));
    expect(legendOf(none ?? '')).not.toContain('by a new pod');
    expect(none).not.toContain('/ s each');
  });
});

describe('a cluster', () => {
  const states = ['gets new connections', 'terminating, still serving', 'not ready'];

  it('is explained where it was one', () => {
    expect(legendOf(drawPicture(resultWith({ pods: [clusterPod] })))).toEqual(expect.arrayContaining(states));
    expect(legendOf(drawPicture(resultWith())).filter((text) => states.includes(text))).toEqual([]);
    expect(drawPicture(resultWith())).toContain('</b> as processes,');
    expect(drawPicture(resultWith({ target: 'kubernetes' }))).toContain('</b> on Kubernetes,');
  });

  it('has in its facts what it knows, and not what it does not', () => {
    const pods = [clusterPod, { ...clusterPod, name: 'old-2', deletedToGoneMs: 19_204 }, newPod];
    const settings = { replicas: 2, preStopMs: 1_000, graceMs: 60_000 };
    expect(factsOf(resultWith({ pods, settings }))).toHaveProperty(['slowest deleted → gone'], '19.2 s');
    expect(factsOf(resultWith({ pods, settings }))).not.toHaveProperty('propagation');
    expect(factsOf(resultWith())).toHaveProperty('propagation', '500 ms');
    expect(factsOf(resultWith())).not.toHaveProperty(['slowest deleted → gone']);
  });

  it('repeats the seconds where its lanes are many', () => {
    const axes = [1, 6, 7, 12, 19].map((length) => {
      const pods = Array.from({ length }, (_, index) => ({ ...clusterPod, name: `old-${index + 1}` }));
      return allOf(drawPicture(resultWith({ pods: [...pods, newPod] })), /class="axis"[^>]*>(0 s)</g).length;
    });
    expect(axes).toEqual([2, 2, 3, 3, 5]);
  });
});

describe('failures', () => {
  it('are flags in the lane of their pod, thousands at one spot as one flag with their number', () => {
    const picture = drawPicture(resultWith({ failures: failures(5_000, 'old-1') }));
    expect(flagsOf(laneOf(picture, 'old-1')).map((text) => Number(text.replace(',', '')))).toEqual([5_000]);
    expect(flagsOf(laneOf(picture, 'new-1'))).toEqual([]);
  });

  it('are all counted, however they are spread', () => {
    const flags = flagsOf(drawPicture(resultWith({ failures: failures(4_000, undefined, 2.5) })));
    expect(flags.length).toBeLessThan(40);
    expect(flags.reduce((sum, text) => sum + Number(text), 0)).toBe(4_000);
  });

  it('have a lane of their own where no pod answered', () => {
    expect(drawPicture(resultWith())).not.toContain('no pod answered');
    const picture = drawPicture(resultWith({ failures: failures(12) }));
    expect(flagsOf(picture.split('no pod answered')[1] ?? '')).toEqual(['12']);
  });

  it('through a Service have a lane that does not say that no pod answered', () => {
    const picture = drawPicture(resultWith({ target: 'kubernetes', pods: [clusterPod], failures: failures(12) }));
    const lane = picture.split('class="lane"')[1] ?? '';
    expect(labelOf(lane)).toEqual(['failed requests', '12 requests', 'through the Service:', 'which pod is not known']);
    expect(flagsOf(lane)).toEqual(['12']);
    expect(picture).not.toContain('no pod');
  });
});

describe('the document', () => {
  const service = 'node a.js --say "<script>&\'</script>"';
  const everything = resultWith({
    service,
    pods: [oldPod, newPod, { ...clusterPod, name: 'old-2' }],
    failures: [...failures(9, 'old-1'), ...failures(3)],
  });

  it('escapes what it did not write', () => {
    const picture = drawPicture(everything);
    expect(picture).not.toContain('<script');
    expect(picture).toContain('&#60;script&#62;&#38;&#39;&#60;/script&#62;');
  });

  it('fetches nothing and runs nothing', () => {
    expect(drawPicture(everything)).not.toMatch(/https?:|src=|href=|url\(|@import|<script|<link/);
  });

  it('is well-formed, and every number in it is one', () => {
    for (const result of [everything, resultWith({ pods: [], kinds: [], durationMs: 0 })]) {
      expect(misnested(drawPicture(result))).toEqual([]);
      expect(drawPicture(result)).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it('says in words what it shows', () => {
    expect(drawPicture(everything)).toContain('role="img" aria-label="12 of 143,210 requests failed.');
  });
});
