import { createRequire } from 'node:module';
import { Logger } from '@nestjs/common';
import { register, type Registry } from '@prometheus-io/client';

/** What is used here of a registry, of whichever client. */
type ReadableRegistry = Pick<Registry, 'getSingleMetricAsString'> & {
  getMetricsAsArray(): readonly { readonly name: string }[];
};

const require = createRequire(import.meta.url);

/** Renders the metrics of the default registries: that of the client, and that of `prom-client` where something has loaded it. */
export class OtherRegistries {
  readonly #logger = new Logger('Metrics');
  readonly #hidden = new Set<string>();

  /** @param own whose metrics win over others of the same name: Prometheus refuses a page that has one twice. */
  constructor(private readonly own: Registry) {}

  async render(): Promise<string> {
    const taken = new Set(this.own.getMetricsAsArray().map(({ name }) => name));
    const texts: string[] = [];
    for (const registry of [register, ...promClientRegistries()]) {
      for (const { name } of registry.getMetricsAsArray()) {
        if (taken.has(name)) {
          this.#tell(name);
        } else {
          taken.add(name);
          texts.push(`${await registry.getSingleMetricAsString(name)}\n\n`);
        }
      }
    }
    return texts.length === 0 ? '' : `\n${texts.join('').trimEnd()}\n`;
  }

  #tell(name: string): void {
    // Whoever collects the default metrics once more collects the same.
    if (!this.#hidden.has(name) && !/^(?:process|nodejs)_/.test(name)) {
      this.#hidden.add(name);
      this.#logger.warn(
        { metric: name },
        `Two registries have a metric "${name}": only the first is shown. Rename one.`,
      );
    }
  }
}

/** Where a copy of it was loaded from, the service's own or one that a library brings. */
const PROM_CLIENT = /[\\/]node_modules[\\/]prom-client[\\/]index\.js$/;

/** Not imported, which would load it for nothing: it is CommonJS, and whoever uses it has loaded it. */
function promClientRegistries(): ReadableRegistry[] {
  return Object.keys(require.cache)
    .filter((file) => PROM_CLIENT.test(file))
    .map((file): unknown => require(file))
    .flatMap((client) => (hasRegister(client) ? [client.register] : []));
}

function hasRegister(client: unknown): client is { readonly register: ReadableRegistry } {
  return typeof client === 'object' && client !== null && 'register' in client;
}
