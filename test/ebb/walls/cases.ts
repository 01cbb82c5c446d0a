import {
  aSidecarStandsInItsOwnRow,
  ebbKnowsNothingOfItsUser,
  ebbsTestsNeedNoFeature,
  noBarrel,
  noLumberRoom,
  nobodyImportsProcess,
  nothingNeedsATool,
  onlyConfigReadsTheEnvironment,
  onlyLifecycleEndsTheProcess,
  relativeImportsEndInJs,
  theOneNameIsEbb,
  toolsCanBeDeletedOneByOne,
  usersImportTheOneFile,
  TABLE,
} from './rules.js';
import type { Source, Wall } from './source.js';

/** Each wall with sources that stand on its wrong side, and others that come as near to that as is right. */
export const WALLS: readonly {
  name: string;
  wall: Wall;
  offenders: readonly Source[];
  innocents: readonly Source[];
}[] = [
  {
    name: 'process.env is read in config/ only',
    wall: onlyConfigReadsTheEnvironment,
    offenders: [
      { path: 'src/main.ts', text: 'const port = process.env.PORT;' },
      { path: 'src/features/a.ts', text: "const port = process.env['PORT'];" },
      { path: 'src/features/b.ts', text: "const port = process['env'].PORT;" },
      { path: 'src/features/c.ts', text: 'const { env } = process;' },
      { path: 'src/features/d.ts', text: 'const text = `${process.env.PORT}`;' },
      { path: 'src/features/e.ts', text: "const glob = 'a/**/*.ts'; process.env.PORT; const other = '*/';" },
    ],
    innocents: [
      { path: 'src/ebb/config/config.ts', text: 'const port = process.env.PORT;' },
      { path: 'src/features/a.ts', text: '// not process.env\n/* nor\n process.env */ const environment = 1;' },
    ],
  },
  {
    name: 'process is not imported, by whatever name',
    wall: nobodyImportsProcess,
    offenders: [
      { path: 'src/features/a.ts', text: "import { env } from 'node:process';" },
      { path: 'src/features/b.ts', text: 'import life from "process";' },
      { path: 'src/features/c.ts', text: "const { env } = await import('node:process');" },
    ],
    innocents: [{ path: 'src/features/a.ts', text: "import { run } from './process.js';" }],
  },
  {
    name: 'signals and the end of the process belong to lifecycle/ only',
    wall: onlyLifecycleEndsTheProcess,
    offenders: [
      { path: 'src/main.ts', text: "process.on('SIGTERM', stop);" },
      { path: 'src/main.ts', text: "process\n  .once('exit', stop);" },
      { path: 'src/features/a.ts', text: 'process.exit(1);' },
      { path: 'src/features/a.ts', text: 'process.exitCode = 1;' },
      { path: 'src/features/a.ts', text: "process.kill(process.pid, 'SIGTERM');" },
      { path: 'src/features/a.ts', text: "process['exit'](1);" },
    ],
    innocents: [
      { path: 'src/ebb/lifecycle/signals.ts', text: "process.on('SIGTERM', stop);" },
      { path: 'src/ebb/logging/logger.ts', text: 'process.stdout.isTTY; // never process.exit()' },
    ],
  },
  {
    name: 'Ebb imports nothing from outside of src/ebb',
    wall: ebbKnowsNothingOfItsUser,
    offenders: [
      { path: 'src/ebb/run.ts', text: "import app from '../app.js';" },
      { path: 'src/ebb/health/a.ts', text: "import { Counter } from '../../features/counter/counter.store.js';" },
      { path: 'src/ebb/health/a.spec.ts', text: "import { until } from '../../../tools/lib/processes/until.js';" },
      { path: 'src/ebb/health/a.ts', text: "import { Readiness } from '#ebb';" },
    ],
    innocents: [
      { path: 'src/ebb/run.ts', text: "import { Shutdown } from './lifecycle/shutdown.js';" },
      { path: 'src/ebb/health/a.ts', text: "import { Phases } from '../lifecycle/phases.js';" },
      { path: 'src/app.ts', text: "import { CounterModule } from './features/counter/counter.module.js';" },
    ],
  },
  {
    name: 'an application imports of Ebb the one file',
    wall: usersImportTheOneFile,
    offenders: [
      { path: 'src/features/orders/a.ts', text: "import { Phases } from '../../ebb/lifecycle/phases.js';" },
      { path: 'src/features/a.ts', text: "export { Shutdown } from '../ebb/lifecycle/shutdown.js';" },
      { path: 'src/features/a.ts', text: "import { Readiness } from '../ebb/index.js';" },
      { path: 'src/app.ts', text: "const late = await import('./ebb/lifecycle/shutdown.js');" },
      { path: 'src/main.ts', text: "import { run } from './ebb/run.js';" },
      { path: 'test/orders.e2e-spec.ts', text: "import { Phases } from '../src/ebb/lifecycle/phases.js';" },
    ],
    innocents: [
      { path: 'src/features/orders/a.ts', text: "import { Lifecycle } from '#ebb';" },
      { path: 'src/features/orders/a.ts', text: "import { Order } from './ebb/order.js';" },
      { path: 'src/main.ts', text: "import { start } from './ebb/start.js';" },
      { path: 'test/ebb/a.spec.ts', text: "import { Phases } from '../../src/ebb/lifecycle/phases.js';" },
    ],
  },
  {
    name: '#ebb is the only name of its kind',
    wall: theOneNameIsEbb,
    offenders: [{ path: 'src/features/a.ts', text: "import { Phases } from '#ebb/lifecycle/phases.js';" }],
    innocents: [{ path: 'src/features/a.ts', text: "import { Lifecycle } from '#ebb';" }],
  },
  {
    name: 'a program of tools/ imports from itself, tools/lib and src/ebb',
    wall: toolsCanBeDeletedOneByOne,
    offenders: [
      { path: 'tools/rollout/a.ts', text: "import { Stage } from '../cluster/stage.js';" },
      { path: 'tools/lib/load/a.ts', text: "import { options } from '../../rollout/options.js';" },
      { path: 'tools/rollout/a.spec.ts', text: "import { send } from '../../test/ebb/support/http-client.js';" },
      { path: 'tools/cluster/a.ts', text: "import app from '../../src/app.js';" },
      { path: 'tools/cluster/a.ts', text: "import { Readiness } from '#ebb';" },
    ],
    innocents: [
      { path: 'tools/rollout/a.ts', text: "import { Load } from '../lib/load/load.js';" },
      { path: 'tools/lib/load/a.ts', text: "import { MOMENTS } from '../../../src/ebb/lifecycle/moments.js';" },
      { path: 'tools/cluster/scenarios/a.ts', text: "import { play } from '../play.js';" },
    ],
  },
  {
    name: 'nothing needs a program of tools/',
    wall: nothingNeedsATool,
    offenders: [
      { path: 'test/ebb/a.spec.ts', text: "import { check } from '../../tools/check-k8s/check.js';" },
      { path: 'src/features/a.ts', text: "import { check } from '../../tools/check-k8s/check.js';" },
    ],
    innocents: [{ path: 'test/ebb/a.spec.ts', text: "import { until } from '../../tools/lib/processes/until.js';" }],
  },
  {
    name: "Ebb's tests need no feature",
    wall: ebbsTestsNeedNoFeature,
    offenders: [
      {
        path: 'test/ebb/apps/a.ts',
        text: "import { CounterStore } from '../../../src/features/counter/counter.store.js';",
      },
    ],
    innocents: [{ path: 'test/ebb/a.spec.ts', text: "import app from '../../src/app.js';" }],
  },
  {
    name: "a sidecar's port or path stands in its own row only",
    wall: aSidecarStandsInItsOwnRow,
    offenders: [
      { path: 'src/ebb/sidecars/sidecars.ts', text: "const url = 'http://127.0.0.1:9901/stats';" },
      { path: 'src/ebb/lifecycle/shutdown.ts', text: 'const port = 20300;' },
      {
        path: 'src/ebb/lifecycle/shutdown.ts',
        text: "await fetch(`${url}/drain_listeners?graceful`, { method: 'POST' });",
      },
      { path: 'src/ebb/config/config.ts', text: "const quit = '/quitquitquit';" },
      { path: 'src/ebb/health/readiness.ts', text: "const path = '/v1.0/healthz/outbound';" },
      { path: 'src/features/a.ts', text: "const dapr = new URL('http://localhost:3500');" },
      { path: 'src/ebb/management/table.ts', text: "const path = '/ready';" },
    ],
    innocents: [
      { path: TABLE, text: "const row = { url: 'http://127.0.0.1:9901', ready: get('/ready', 200) };" },
      { path: 'src/ebb/sidecars/table.spec.ts', text: "expect(row.url).toBe('http://127.0.0.1:9901');" },
      { path: 'src/ebb/config/config.ts', text: "const example = 'http://127.0.0.1:19901'; const limitMs = 15_000;" },
      { path: 'src/ebb/health/health.controller.ts', text: "const paths = ['/readyz', '/startupz', '/'];" },
      { path: 'src/main.ts', text: "import { Shutdown } from './lifecycle/shutdown.js'; // Envoy's /ready, on 9901" },
    ],
  },
  {
    name: 'there is one index file',
    wall: noBarrel,
    offenders: [
      { path: 'src/features/index.ts', text: '' },
      { path: 'src/index.ts', text: '' },
    ],
    innocents: [
      { path: 'src/features/reindex.ts', text: '' },
      { path: 'src/ebb/index.ts', text: '' },
    ],
  },
  {
    name: 'there is no folder for everything',
    wall: noLumberRoom,
    offenders: ['common', 'shared', 'utils'].map((folder) => ({ path: `features/${folder}/a.ts`, text: '' })),
    innocents: [{ path: 'src/features/shared-rides/common.ts', text: '' }],
  },
  {
    name: 'relative imports end in .js',
    wall: relativeImportsEndInJs,
    offenders: [
      { path: 'src/a.ts', text: "import { b } from './b';" },
      { path: 'src/a.ts', text: "export * from '../b.ts';" },
      { path: 'src/a.ts', text: "import './b';" },
      { path: 'src/a.ts', text: 'const b = await import(\n  `./b`);' },
    ],
    innocents: [
      { path: 'src/a.ts', text: "import { b } from './b.js';\nimport { c } from 'c';\nimport { d } from 'node:d';" },
    ],
  },
];
