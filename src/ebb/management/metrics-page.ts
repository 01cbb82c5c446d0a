import { Registry } from '@prometheus-io/client';
import { json, type Management } from './management.js';

/** `/metrics`. It has its path before the application is built, so that no feature can take it. */
export class MetricsPage {
  #render: (() => Promise<string>) | undefined;

  constructor(management: Management) {
    management.add('/metrics', async (_request, response) => {
      if (this.#render === undefined) {
        json(response, 503, { status: 'starting' });
        return;
      }
      const text = await this.#render();
      response.writeHead(200, { 'Content-Type': Registry.PROMETHEUS_CONTENT_TYPE }).end(text);
    });
  }

  /** From now on it shows what this renders. */
  show(render: () => Promise<string>): void {
    this.#render = render;
  }
}
