import { describe, expect, it } from '@jest/globals';
import { drawPicture } from './picture.js';
import type { Failure, PodRecord, RolloutResult } from './result.js';

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
    for (const pod of [oldPod, crowdedPod]) {
      const names = namesOf(laneOf(drawPicture(resultWith({ pods: [pod] })), 'old-1'));
      const overlaps = names.filter((a) =>
        names.some((b) => a !== b && a.y === b.y && a.x <= b.x && b.x < a.x + a.text.length * 5),
      );
      expect(overlaps).toEqual([]);
    }
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
});

describe('the document', () => {
  const service = 'node a.js --say "<script>&\'</script>"';
  const everything = resultWith({ service, failures: [...failures(9, 'old-1'), ...failures(3)] });

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
