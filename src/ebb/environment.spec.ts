import { describe, expect, it } from '@jest/globals';
import { isInCluster } from './config/config.js';
import { ConfigurationError } from './config/mistakes.js';
import { readConfig, VARIABLE_NAMES } from './environment.js';
import { type FullConfig, SIDECAR_URL_VARIABLES } from './sidecars/sidecar-config.js';
import { isSidecarName, type Sidecar, SIDECARS } from './sidecars/table.js';

type Environment = Record<string, string>;

/** What the manifests copy from the pod spec; there is no default for either in a cluster. */
const FROM_POD_SPEC = { TERMINATION_GRACE_PERIOD_SECONDS: '60', PRE_STOP_SECONDS: '10' };

const IN_CLUSTER = { KUBERNETES_SERVICE_HOST: '10.96.0.1', ...FROM_POD_SPEC };

/** The mistakes that a start with this environment would print; none when it is accepted. */
function mistakesOf(env: Environment): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error.mistakes;
    }
    throw error;
  }
}

/** What each variable refuses, with the words that must say what it takes instead. */
const NOT_SECONDS = [
  '-1',
  '1e3',
  'abc',
  'NaN',
  'Infinity',
  '0x10',
  '5s',
  '1,5',
  '.5',
  '5.',
  '+5',
  '2000001',
  '9'.repeat(400),
];
const NOT_A_PORT = [
  '-1',
  '1e3',
  'abc',
  'NaN',
  'Infinity',
  '0x10',
  '3.5',
  '65536',
  '70000',
  '3000 3001',
  '9'.repeat(400),
];
const REFUSED: readonly (readonly [variable: string, values: readonly string[], must: string])[] = [
  ['PORT', NOT_A_PORT, 'must be a whole number from 0 to 65535'],
  ['MANAGEMENT_PORT', NOT_A_PORT, 'must be a whole number from 0 to 65535'],
  ['TERMINATION_GRACE_PERIOD_SECONDS', [...NOT_SECONDS, 'unbounded'], 'must be a number of seconds from 0'],
  ['PRE_STOP_SECONDS', [...NOT_SECONDS, 'unbounded'], 'must be a number of seconds from 0'],
  ['PROPAGATION_SECONDS', [...NOT_SECONDS, 'unbounded'], 'must be a number of seconds from 0'],
  ['LAME_DUCK_SECONDS', [...NOT_SECONDS, 'unbounded'], 'must be a number of seconds from 0'],
  ['DRAIN_TIMEOUT_SECONDS', [...NOT_SECONDS, 'Unbounded', 'none'], 'decimals allowed, or "unbounded"'],
  ['CLEANUP_SECONDS', [...NOT_SECONDS, 'unbounded'], 'must be a number of seconds from 0'],
  ['SIDECAR_SECONDS', [...NOT_SECONDS, 'unbounded'], 'must be a number of seconds from 0'],
  ['SIDECAR_START_SECONDS', [...NOT_SECONDS, 'unbounded'], 'must be a number of seconds from 0'],
  ['SIDECAR_QUIT', ['yes', '1', 'TRUE', 'envoy,on'], 'must be true, false, or a comma-separated list'],
  ['UPLOAD_PAUSE_SECONDS', [...NOT_SECONDS, '0', '0.5'], 'must be a number of seconds from 1'],
  ['MAX_CONNECTIONS', ['0', '-1', '1.5', 'many', '1000001', '0x10'], 'must be a whole number of connections from 1'],
  ['KEEP_ALIVE_SECONDS', [...NOT_SECONDS, '0', '0.0', '0.5'], 'must be a number of seconds from 1'],
  [
    'SIDECARS',
    ['no-such-sidecar', ' , no-such-sidecar', 'NO SUCH'],
    'must be a comma-separated list of known sidecars',
  ],
  ['LOG_LEVEL', ['loud', 'INFO', 'silent', '30', 'warn,info'], 'must be one of fatal, error, warn, info, debug, trace'],
];

/** Every variable that can be wrong at all: an address is only known to be none when it is bound. */
const CHECKED_VARIABLES = VARIABLE_NAMES.filter((name) => name !== 'HOST');

describe('isInCluster', () => {
  it('is told by the variable that the kubelet sets', () => {
    expect(isInCluster(IN_CLUSTER)).toBe(true);
    expect(isInCluster({})).toBe(false);
    expect(isInCluster({ KUBERNETES_SERVICE_HOST: '' })).toBe(false);
  });
});

describe('readConfig', () => {
  const outside: FullConfig = {
    inCluster: false,
    port: 3_000,
    managementPort: 9_000,
    budget: {
      graceMs: 60_000,
      preStopMs: 0,
      propagationMs: 0,
      lameDuckMs: 0,
      drainMs: 30_000,
      cleanupMs: 5_000,
      sidecarMs: 0,
    },
    keepAliveMs: 75_000,
    sidecars: [],
    sidecarStartMs: 60_000,
    sidecarsToQuit: [],
    uploadPauseMs: 30_000,
    logLevel: 'info',
  };
  const inside: FullConfig = {
    ...outside,
    inCluster: true,
    budget: { ...outside.budget, preStopMs: 10_000, propagationMs: 5_000, lameDuckMs: 5_000 },
  };
  const everythingEmpty = Object.fromEntries(VARIABLE_NAMES.map((name) => [name, '']));
  const everythingBlank = Object.fromEntries(VARIABLE_NAMES.map((name) => [name, ' \t']));

  it.each<[string, Environment, FullConfig]>([
    ['nothing set', {}, outside],
    ['nothing set, in a cluster', IN_CLUSTER, inside],
    ['every variable set to nothing', everythingEmpty, outside],
    ['every variable set to blanks, in a cluster', { ...everythingBlank, ...IN_CLUSTER }, inside],
    ['a variable that it does not know', { PORTT: 'abc' }, outside],
  ])('takes the defaults with %s', (_circumstance, env, config) => {
    expect(readConfig(env)).toEqual(config);
  });

  it.each(Object.keys(FROM_POD_SPEC))('refuses to assume %s in a cluster, and says where it is written', (name) => {
    const [mistake, ...others] = mistakesOf({ ...IN_CLUSTER, [name]: '' });
    expect(mistake).toMatch(
      new RegExp(`^${name}="" must be .*the pod spec's .*env of this container.*termination-env`),
    );
    expect(others).toEqual([]);
  });

  it('reads every variable', () => {
    const config = readConfig({
      PORT: '8080',
      MANAGEMENT_PORT: '8081',
      HOST: '127.0.0.1',
      TERMINATION_GRACE_PERIOD_SECONDS: '120',
      PRE_STOP_SECONDS: '1',
      PROPAGATION_SECONDS: '2',
      LAME_DUCK_SECONDS: '3',
      DRAIN_TIMEOUT_SECONDS: '4',
      CLEANUP_SECONDS: '6',
      SIDECARS: Object.keys(SIDECARS).join(','),
      SIDECAR_SECONDS: '7',
      SIDECAR_START_SECONDS: '5',
      SIDECAR_QUIT: 'true',
      KEEP_ALIVE_SECONDS: '8',
      UPLOAD_PAUSE_SECONDS: '9',
      MAX_CONNECTIONS: '10',
      LOG_LEVEL: 'debug',
    });
    expect(config).toEqual({
      inCluster: false,
      host: '127.0.0.1',
      port: 8_080,
      managementPort: 8_081,
      budget: {
        graceMs: 120_000,
        preStopMs: 1_000,
        propagationMs: 2_000,
        lameDuckMs: 3_000,
        drainMs: 4_000,
        cleanupMs: 6_000,
        sidecarMs: 7_000,
      },
      keepAliveMs: 8_000,
      uploadPauseMs: 9_000,
      maxConnections: 10,
      sidecars: Object.entries(SIDECARS).map(([name, row]) => Object.assign({ name }, row)),
      sidecarStartMs: 5_000,
      sidecarsToQuit: Object.entries(SIDECARS).map(([name, row]) => Object.assign({ name }, row)),
      logLevel: 'debug',
    });
  });

  it.each([
    ['a decimal', { SIDECAR_START_SECONDS: '0.25' }, { sidecarStartMs: 250 }],
    ['a decimal that binary fractions miss', { SIDECAR_START_SECONDS: '1.005' }, { sidecarStartMs: 1_005 }],
    ['no wait', { SIDECAR_START_SECONDS: '0' }, { sidecarStartMs: 0 }],
    ['the shortest keep-alive', { KEEP_ALIVE_SECONDS: '1' }, { keepAliveMs: 1_000 }],
    ['blanks around a number', { SIDECAR_START_SECONDS: ' 5 ' }, { sidecarStartMs: 5_000 }],
    ['blanks around a port', { PORT: ' 8080\n' }, { port: 8_080 }],
    ['blanks around a level', { LOG_LEVEL: ' warn ' }, { logLevel: 'warn' }],
    ['blanks around an address', { HOST: ' 127.0.0.1 ' }, { host: '127.0.0.1' }],
    ['commas without a name', { SIDECARS: ' , ,' }, { sidecars: [] }],
    ['a list that was appended to an empty one', { SIDECARS: ',envoy' }, { sidecars: [{ name: 'envoy' }] }],
    [
      'a name that is there twice',
      { SIDECARS: 'vault, envoy,vault' },
      { sidecars: [{ name: 'vault' }, { name: 'envoy' }] },
    ],
    ['the largest port', { PORT: '65535' }, { port: 65_535 }],
    ['port 0 for both listeners', { PORT: '0', MANAGEMENT_PORT: '0' }, { port: 0, managementPort: 0 }],
  ])('accepts %s', (_what, env, expected) => {
    expect(readConfig(env)).toMatchObject(expected);
  });

  it.each(['unbounded', ' unbounded '])('takes a drain of %j as one without a bound', (value) => {
    expect(readConfig({ DRAIN_TIMEOUT_SECONDS: value }).budget.drainMs).toBe('unbounded');
  });

  it('has a table of refused values for every variable', () => {
    expect(REFUSED.map(([variable]) => variable).toSorted()).toEqual(CHECKED_VARIABLES.toSorted());
  });

  it.each(REFUSED.flatMap(([variable, values, must]) => values.map((value) => [variable, value, must] as const)))(
    'refuses %s=%j, and nothing else is wrong',
    (variable, value, must) => {
      const mistakes = mistakesOf({ [variable]: value });
      expect(mistakes).toHaveLength(1);
      expect(mistakes[0]).toContain(`${variable}=${JSON.stringify(value)} `);
      expect(mistakes[0]).toContain(must);
    },
  );

  it.each(REFUSED.flatMap(([variable, values]) => values.slice(0, 1).map((value) => [variable, value] as const)))(
    'gives an example for %s=%j that it accepts',
    (variable, value) => {
      const [mistake = ''] = mistakesOf({ [variable]: value });
      // A list of all there is serves as well as an example.
      const example = /for example (\S+)$/.exec(mistake)?.[1] ?? /must be one of (\w+)/.exec(mistake)?.[1] ?? '';
      expect(mistakesOf({ [variable]: example })).toEqual([]);
    },
  );

  it('reports every mistake at once, each with its variable and its value', () => {
    const env = Object.fromEntries(REFUSED.map(([variable, [value = '']]) => [variable, value]));
    const mistakes = mistakesOf(env);
    expect(mistakes).toHaveLength(CHECKED_VARIABLES.length);
    for (const variable of CHECKED_VARIABLES) {
      expect(mistakes.filter((mistake) => mistake.startsWith(`${variable}="${env[variable]}" must be`))).toHaveLength(
        1,
      );
    }
  });

  it('says in its error how many mistakes there are, one in each line', () => {
    expect(() => readConfig({ PORT: 'abc' })).toThrow(
      /^Cannot start: 1 mistake in the configuration\.\n- PORT="abc" [^\n]+$/,
    );
    expect(() => readConfig({ PORT: 'abc', LOG_LEVEL: 'loud' })).toThrow(
      /^Cannot start: 2 mistakes in the configuration\.\n- [^\n]+\n- [^\n]+$/,
    );
  });

  it('reports a budget that does not fit together with a bad port', () => {
    const mistakes = mistakesOf({ PORT: '70000', TERMINATION_GRACE_PERIOD_SECONDS: '30' });
    expect(mistakes).toHaveLength(2);
    expect(mistakes[0]).toContain('PORT="70000" must be');
    expect(mistakes[1]).toContain('The slices do not fit into the grace period');
  });

  it('does not judge a budget with a slice that it cannot read', () => {
    const mistakes = mistakesOf({ CLEANUP_SECONDS: 'abc', TERMINATION_GRACE_PERIOD_SECONDS: '1' });
    expect(mistakes).toEqual([expect.stringContaining('CLEANUP_SECONDS="abc"')]);
  });

  describe('with sidecars', () => {
    const names = Object.keys(SIDECARS).filter(isSidecarName);

    it('names in a refusal all that are known', () => {
      const [mistake = ''] = mistakesOf({ SIDECARS: 'envoy,no-such-sidecar' });
      expect(mistake).toContain(`known: ${names.join(', ')}`);
    });

    it('plans the time that they need one after the other', () => {
      expect(readConfig({ SIDECARS: 'envoy,otel-collector' }).budget.sidecarMs).toBe(
        (SIDECARS.envoy.seconds + SIDECARS['otel-collector'].seconds) * 1_000,
      );
    });

    it('takes a SIDECAR_SECONDS that is set for what they need, whatever the table says', () => {
      expect(readConfig({ SIDECARS: 'envoy,linkerd', SIDECAR_SECONDS: '0.5' }).budget.sidecarMs).toBe(500);
    });

    it.each([
      ['true', ['envoy', 'vault']],
      ['false', []],
      ['vault', ['vault']],
      ['vault, envoy', ['envoy', 'vault']],
    ])('takes SIDECAR_QUIT=%s as those that are told to quit', (value, expected) => {
      const { sidecarsToQuit } = readConfig({ SIDECARS: 'envoy,vault', SIDECAR_QUIT: value });
      expect(sidecarsToQuit.map(({ name }) => name)).toEqual(expected);
    });

    it('refuses a SIDECAR_QUIT that names one which is not there', () => {
      expect(mistakesOf({ SIDECARS: 'envoy', SIDECAR_QUIT: 'envoy,vault' })).toEqual([
        'SIDECAR_QUIT="envoy,vault" names what is not in SIDECARS: vault. Add it there.',
      ]);
    });

    it.each([
      ['behind a proxy, in a cluster', { ...IN_CLUSTER, SIDECARS: 'envoy' }, 1],
      ['beside what no request comes through', { ...IN_CLUSTER, SIDECARS: 'vault' }, 0],
      ['elsewhere', { SIDECARS: 'envoy' }, 0],
    ])('refuses to leave without a lame duck %s: %j', (_where, env, count) => {
      const mistakes = mistakesOf({ ...env, LAME_DUCK_SECONDS: '0' });
      expect(mistakes).toHaveLength(count);
      expect(mistakes.filter((mistake) => !mistake.startsWith('LAME_DUCK_SECONDS is 0 behind envoy'))).toEqual([]);
    });

    it('refuses a grace period that is too short for them', () => {
      const env = { ...IN_CLUSTER, SIDECARS: 'linkerd' };
      expect(mistakesOf(env)).toEqual([expect.stringMatching(/SIDECAR_SECONDS +8 +S/)]);
      expect(mistakesOf({ ...env, TERMINATION_GRACE_PERIOD_SECONDS: '63' })).toEqual([]);
    });

    it.each(names)('asks %s where its variables say', (name) => {
      const prefix = `SIDECAR_${name.toUpperCase().replaceAll('-', '_')}`;
      const { quitUrl }: Sidecar = SIDECARS[name];
      const env = {
        SIDECARS: name,
        [`${prefix}_URL`]: ' http://127.0.0.1:19901/ ',
        ...(quitUrl === undefined ? {} : { [`${prefix}_QUIT_URL`]: 'http://localhost:19902' }),
      };
      expect(Object.keys(env).slice(1)).toEqual(
        SIDECAR_URL_VARIABLES.filter((variable) => variable.startsWith(prefix)),
      );
      expect(readConfig(env).sidecars).toMatchObject([
        { url: 'http://127.0.0.1:19901/', ...(quitUrl === undefined ? {} : { quitUrl: 'http://localhost:19902' }) },
      ]);
    });

    it.each([
      '127.0.0.1:19901',
      '19901',
      'https://127.0.0.1:19901',
      'http://127.0.0.1:19901/ready',
      'http://127.0.0.1:19901?x',
      'http://user@127.0.0.1:19901',
      'http://10.0.0.1:9901',
      'http://envoy:9901',
      'http://127.0.0.1:99999',
    ])('refuses %s: a sidecar is in this pod', (url) => {
      const mistakes = mistakesOf({ SIDECAR_ENVOY_URL: url });
      expect(mistakes).toEqual([
        expect.stringMatching(/^SIDECAR_ENVOY_URL=".+" must be a URL on loopback.*, for example http:/),
      ]);
    });
  });

  describe('with one port for both listeners', () => {
    it.each<[string, Environment]>([
      ['PORT=9000, which the management port is by default', { PORT: '9000' }],
      ['MANAGEMENT_PORT=3000, which the port is by default', { MANAGEMENT_PORT: '3000' }],
      ['both set', { PORT: '8080', MANAGEMENT_PORT: '8080' }],
      ['both set, in two spellings', { PORT: '08080', MANAGEMENT_PORT: '8080' }],
    ])('refuses %s', (_circumstance, env) => {
      const mistakes = mistakesOf(env);
      expect(mistakes).toEqual([expect.stringMatching(/^MANAGEMENT_PORT.* must differ from PORT/)]);
    });

    it('does not advise the very port that is taken', () => {
      const [mistake = ''] = mistakesOf({ PORT: '9000' });
      expect(mistake).toContain('MANAGEMENT_PORT');
      expect(mistake).not.toContain('for example 9000');
    });

    it('says so even when something else is wrong too', () => {
      const mistakes = mistakesOf({ PORT: '9000', LOG_LEVEL: 'loud' }).toSorted();
      expect(mistakes).toEqual([
        expect.stringContaining('LOG_LEVEL="loud" must be one of'),
        expect.stringContaining('must differ from PORT'),
      ]);
    });
  });
});
