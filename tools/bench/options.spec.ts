import { describe, expect, it } from '@jest/globals';
import { USAGE, readOptions } from './options.js';
import { MEASUREMENTS } from './result.js';

const names = (args: readonly string[]) => readOptions(args)?.subjects.map(({ name }) => name);

describe('the flags of npm run bench', () => {
  it('measure everything, of all that is built, unless they say otherwise', () => {
    const options = readOptions(['--subjects', 'stock']);
    expect(options).toMatchObject({ measurements: MEASUREMENTS, rounds: 12, seconds: 1.5, allowNoise: false });
    expect(options).not.toHaveProperty('image');
  });

  it('have fewer and shorter rounds in the short form, and may still name their own', () => {
    expect(readOptions(['--short', '--service', 'mine=a'])).toMatchObject({ rounds: 2, seconds: 0.5, short: true });
    expect(readOptions(['--short', '--rounds', '5'])).toMatchObject({ rounds: 5, seconds: 0.5 });
  });

  it('keep the order of the bench, whatever order they name', () => {
    expect(readOptions(['--only', 'start,requests'])?.measurements).toEqual(['requests', 'start']);
    expect(names(['--service', 'mine=node a.js', '--subjects', 'mine'])).toEqual(['mine']);
  });

  it('run a command of somebody’s own as it is', () => {
    const [mine] = readOptions(['--service', 'mine=A=1 node a.js --b', '--subjects', 'mine'])?.subjects ?? [];
    expect(mine).toMatchObject({ name: 'mine', command: 'A=1 node a.js --b', hasKnownAnswer: false });
  });

  it.each([
    [['--only', ''], '--only must be names with commas between them, not "".'],
    [['--only', 'requests,,start'], '--only must be names with commas between them, not "requests,,start".'],
    [['--only', 'requests,speed'], 'not "speed".'],
    [['--subjects', 'stock,koa'], 'not "koa".'],
    [['--service', 'stock=node a.js'], '--service must be NAME=COMMAND with a name of its own'],
    [['--service', 'mine='], '--service must be NAME=COMMAND with a name of its own'],
    [['--rounds', '2.5'], '--rounds must be a whole number, not "2.5".'],
    [['--rounds', '101'], '--rounds must be a number from 1 to 100, not "101".'],
    [['--seconds', '0'], '--seconds must be a number from 0.1 to 60, not "0".'],
    [['--connections', '-1'], "Option '--connections' argument is ambiguous"],
    [['--connections', '1001'], '--connections must be a number from 1 to 1000, not "1001".'],
    [['--image', '/nowhere.tar'], '--image must be a file, and there is no /nowhere.tar.'],
    [['stock'], "Unexpected argument 'stock'"],
  ])('are refused where they are wrong: %j', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });

  it('are all in the help', () => {
    expect(readOptions(['--help'])).toBeUndefined();
    for (const flag of [
      'only',
      'subjects',
      'service',
      'rounds',
      'seconds',
      'connections',
      'short',
      'allow-noise',
      'image',
      'report',
    ]) {
      expect(USAGE).toContain(`--${flag} `);
    }
  });
});
