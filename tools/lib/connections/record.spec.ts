import { expect, it } from '@jest/globals';
import { later } from './later.js';
import { renamed } from './pod-names.js';
import type { ConnectionsRecord } from './record.js';

const record: ConnectionsRecord = {
  kind: 'streams',
  hasSequence: true,
  clients: [
    {
      openings: [
        { pod: 'ebb-x', fromMs: 1, toMs: 5, end: 'told', detail: 'retry 700' },
        { pod: 'ebb-y', fromMs: 7, toMs: 9 },
        { fromMs: 9, toMs: 9 },
      ],
      refusals: [{ atMs: 6, reason: '503', isForGood: false }],
      gaps: 2,
      repliesLost: 0,
      isBack: true,
    },
  ],
};

it('what clients in a pod saw can be told by the clock of the run', () => {
  const [client] = later(record, 100).clients;
  expect(client?.openings.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
    [101, 105],
    [107, 109],
    [109, 109],
  ]);
  expect(client?.refusals).toEqual([{ atMs: 106, reason: '503', isForGood: false }]);
  expect(client).toMatchObject({ gaps: 2, openings: [{ end: 'told', detail: 'retry 700' }, {}, {}] });
});

it('a pod that names itself is called as the run calls it, and one that the run does not know by its own name', () => {
  const pods = [{ name: 'old-1', podName: 'ebb-x', generation: 'old', phases: [], moments: [], servedPerSecond: [] }];
  const [told] = renamed([record], pods as Parameters<typeof renamed>[1]);
  expect(told?.clients[0]?.openings.map(({ pod }) => pod)).toEqual(['old-1', 'ebb-y', undefined]);
});
