import { describe, expect, it } from '@jest/globals';
import { mistakeIn } from './library.js';
import { LIBRARIES } from './table.js';

const row = { name: 'mails', work: 'mails', provider: 'Sender', hook: 'onApplicationShutdown' };

describe('a row', () => {
  it.each(LIBRARIES.map((library) => [library.name, library] as const))(
    'of the table has no mistake: %s',
    (_name, one) => {
      expect(mistakeIn(one)).toBeUndefined();
    },
  );

  it('takes its functions or does without', () => {
    expect(mistakeIn(row)).toBeUndefined();
    expect(
      mistakeIn({ ...row, watch: () => undefined, handBack: () => undefined, cut: () => undefined }),
    ).toBeUndefined();
  });

  it.each([
    [{ ...row, drain: 1 }, 'has no "drain". It has name, work, provider, hook, watch, handBack, cut.'],
    [{ ...row, name: undefined }, 'needs "name", a text.'],
    [{ ...row, work: '' }, 'needs "work", a text.'],
    [{ ...row, provider: Date }, 'needs "provider", a text.'],
    [
      { ...row, hook: 'close' },
      'does not know the hook "close". Write one of onModuleDestroy, beforeApplicationShutdown, onApplicationShutdown.',
    ],
    [{ ...row, cut: true }, 'takes a function as "cut".'],
  ])('%j is refused, and the message says what to write', (mistaken, says) => {
    expect(mistakeIn(mistaken)).toBe(says);
  });
});
