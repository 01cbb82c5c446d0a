/** What a container has to say of itself. */
import type { Container, Probe } from '../pod.js';
import type { Finding, Rule } from '../rule.js';

export const image: Rule = {
  id: 'image',
  severity: 'error',
  title: 'every image has a tag or a digest, and not latest',
  source: 'kube-linter latest-tag; kube-score container-image-tag; polaris tagNotSpecified',
  check: ({ pod, field }) =>
    [...pod.initContainers, ...pod.containers]
      .filter((container) => !/(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$/.test(container.image))
      .map((container): Finding => ({
        says: `The image of ${container.name} is another one tomorrow.`,
        read: [field(container, ['image'])],
        change: 'Give it a tag that is never moved, or a digest.',
      })),
};

const WANTED = [
  ['requests', 'cpu'],
  ['requests', 'memory'],
  ['requests', 'ephemeral-storage'],
  ['limits', 'memory'],
  ['limits', 'ephemeral-storage'],
] as const;

/** No limit for the processor: it would pause the event loop, and the timers of the shutdown with it. */
export const resources: Rule = {
  id: 'resources',
  severity: 'error',
  title: 'processor, memory and disk are requested, memory and disk limited',
  source: 'kube-linter unset-*; kube-score container-resources, container-ephemeral-storage-request-and-limit',
  check: ({ longRunning, field }) =>
    longRunning.flatMap((container): Finding[] => {
      const missing = WANTED.filter(([kind, name]) => !(name in container.resources[kind]));
      const [first] = missing;
      return first === undefined
        ? []
        : [
            {
              says: `Container ${container.name} does not say ${missing.map((pair) => pair.join(' ')).join(', ')}.`,
              read: [field(container, ['resources', ...first])],
              change: 'Say it: the scheduler, the kubelet under pressure and an autoscaler go by it.',
            },
          ];
    }),
};

const PROBES = ['startupProbe', 'readinessProbe', 'livenessProbe'] as const;

export const probePort: Rule = {
  id: 'probe-port',
  severity: 'error',
  title: 'probes ask ports that are declared',
  source: 'kube-linter liveness-port, readiness-port, startup-port',
  check: ({ longRunning, field }) =>
    longRunning.flatMap((container) =>
      PROBES.flatMap((kind): Finding[] => {
        const probe = container[kind];
        const port = probe === undefined ? undefined : portOf(probe);
        // A number may be another container's: in a pod all share one network.
        const declared = typeof port === 'number' ? longRunning : [container];
        return port === undefined || declared.some((one) => declares(one, port))
          ? []
          : [
              {
                says: `The ${kind} of ${container.name} asks port ${port}, which it does not declare.`,
                read: [field(container, [kind]), field(container, ['ports'])],
                change: 'Declare the port, or correct the probe.',
              },
            ];
      }),
    ),
};

function portOf({ httpGet, tcpSocket, grpc }: Probe): string | number | undefined {
  return httpGet?.port ?? tcpSocket?.port ?? grpc?.port;
}

/** By its name or its number. */
export function declares({ ports }: Container, port: string | number): boolean {
  return ports.some(({ name, containerPort }) => name === port || containerPort === Number(port));
}

/** Else probes, Services and policies that go by a port's name lead nowhere. */
export const ownPorts: Rule = {
  id: 'own-ports',
  severity: 'error',
  title: 'the ports that the service listens on are declared',
  source: 'src/ebb/config/config.ts, PORT and MANAGEMENT_PORT',
  check: ({ settings, service, field }) =>
    (settings.kind === 'own' ? [settings.config.port, settings.config.managementPort] : [])
      .filter((port) => !declares(service, port))
      .map((port): Finding => ({
        says: `The service listens on port ${port}, which it does not declare.`,
        read: [field(service, ['ports'])],
        change: 'Declare it, or set PORT and MANAGEMENT_PORT.',
      })),
};

/** Process 1 gets the signal; what a package manager or a shell does with it, the service does not hear of. */
export const signals: Rule = {
  id: 'signals',
  severity: 'error',
  title: 'the service gets SIGTERM itself, not npm or a shell in front of it',
  source: 'Kubernetes 1.37, "Pod Lifecycle", termination of Pods: to process 1 of each container',
  check: ({ service, field }) => {
    const [program = '', ...more] = [...service.command, ...service.args];
    const isManager = /(^|\/)(npm|npx|yarn|pnpm)$/.test(program);
    const isShell = /(^|\/)(ba|da|a)?sh$/.test(program) && !/(^|[;&]\s*)exec /.test(more.at(-1) ?? '');
    return isManager || isShell
      ? [
          {
            says: `Container ${service.name} starts with ${program}: SIGTERM may never reach the service.`,
            read: [field(service, ['command']), field(service, ['args'])],
            change: 'Start the program itself, such as node dist/main.js, or `exec` it in the shell.',
          },
        ]
      : [];
  },
};

export const duplicates: Rule = {
  id: 'duplicates',
  severity: 'error',
  title: 'no variable of a container and no port of a pod is there twice',
  source: 'kube-linter duplicate-env-vars; kube-score environment-variable-key-duplication',
  check: ({ longRunning, field }) => {
    const seen = new Set<string>();
    return longRunning.flatMap((container): Finding[] => {
      const names = container.env.map(({ name }) => name);
      const twice = names.filter((name, index) => names.indexOf(name) !== index);
      // In a pod all containers share one network.
      const ports = container.ports.flatMap(({ name, containerPort, protocol }) => [
        `${containerPort}/${protocol}`,
        ...(name === undefined ? [] : [name]),
      ]);
      const taken = ports.filter((port) => seen.has(port) || !seen.add(port));
      return [
        ...twice.map((name): Finding => ({
          says: `Container ${container.name} has ${name} twice: the last one counts, wherever it comes from.`,
          read: [field(container, ['env'])],
          change: 'Take one away.',
        })),
        ...taken.map((port): Finding => ({
          says: `Port ${port} of ${container.name} is in the pod twice: only one container gets it.`,
          read: [field(container, ['ports'])],
          change: 'Take another one.',
        })),
      ];
    });
  },
};
