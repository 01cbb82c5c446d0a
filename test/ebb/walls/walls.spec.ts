/**
 * The walls of the house (CONTRIBUTING.md, "Two kinds of rooms"): what may be known where. Each is a function of a source's
 * path and text, so that it can be shown an offender beside the real sources, which have none.
 */
import { describe, expect, it } from '@jest/globals';
import { WALLS } from './cases.js';
import {
  arrows,
  aSidecarStandsInItsOwnRow,
  circleIn,
  onlyConfigReadsTheEnvironment,
  onlyLifecycleEndsTheProcess,
  roomOf,
} from './rules.js';
import { sources } from './source.js';

describe('the sources', () => {
  it('are read: every room of the house is among them', () => {
    const rooms = new Set(sources().flatMap(({ path }) => roomOf(path) ?? []));
    expect([...rooms].toSorted()).toEqual([
      'config',
      'express',
      'health',
      'http',
      'libraries',
      'lifecycle',
      'logging',
      'management',
      'messages',
      'sidecars',
      'sockets',
      'work',
    ]);
  });

  it.each(WALLS)('hold the wall: $name', ({ wall }) => {
    const offences = sources().flatMap((source) => wall(source).map((offence) => `${source.path}: ${offence}`));
    expect(offences).toEqual([]);
  });

  it('would be caught, were one to name what only its neighbours may (negative control on the real files)', () => {
    const moved = sources().map(({ path, text }) => ({ path: path.replace('src/ebb/', 'src/features/'), text }));
    expect(moved.flatMap(onlyConfigReadsTheEnvironment)).not.toEqual([]);
    expect(moved.flatMap(onlyLifecycleEndsTheProcess)).not.toEqual([]);
    expect(moved.flatMap(aSidecarStandsInItsOwnRow)).not.toEqual([]);
  });

  it('have rooms whose arrows run one way', () => {
    expect(circleIn(arrows(sources()))).toEqual([]);
  });
});

describe('the check that arrows run one way', () => {
  it('catches a circle through whichever rooms, and names it', () => {
    const circle = [
      { path: 'src/ebb/config/a.ts', text: "import { b } from '../sidecars/b.js';" },
      { path: 'src/ebb/sidecars/b.ts', text: "import { c } from '../management/c.js';" },
      { path: 'src/ebb/management/c.ts', text: "import { a } from '../config/a.js';" },
    ];
    expect(circleIn(arrows(circle))).toEqual(['config', 'management', 'sidecars']);
    expect(circleIn(arrows(circle.slice(1)))).toEqual([]);
  });
});

describe.each(WALLS)('the check that $name', ({ wall, offenders, innocents }) => {
  it.each(offenders)('catches $text in $path', (offender) => {
    expect(wall(offender)).not.toEqual([]);
  });

  it.each(innocents)('lets $text in $path pass', (innocent) => {
    expect(wall(innocent)).toEqual([]);
  });
});
