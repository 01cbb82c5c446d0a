/** A page in a headless Chromium, and what it reports. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { portOf } from '../../../src/ebb/http/listen.js';
import { until } from '../../../tools/lib/processes/until.js';

const CHROMIUM = '/usr/bin/chromium';

/** What a page said, in the order in which it came. */
export type Report = Readonly<Record<string, unknown>>;

/** Why there can be no page here; undefined when there can. */
export function whyNoPage(): string | undefined {
  try {
    accessSync(CHROMIUM, constants.X_OK);
    return undefined;
  } catch {
    return `no ${CHROMIUM} here`;
  }
}

export class Page {
  readonly reports: Report[] = [];
  readonly #server: Server;
  #browser: ChildProcess | undefined;
  readonly #profile = mkdtempSync(join(tmpdir(), 'ebb-page-'));
  #log = '';

  private constructor() {
    this.#server = createServer((request, response) => void this.#read(request, response));
  }

  /** Where pages report. */
  static async listen(): Promise<Page> {
    const page = new Page();
    page.#server.listen(0, '127.0.0.1');
    await once(page.#server, 'listening');
    return page;
  }

  get reportsTo(): string {
    return `http://127.0.0.1:${portOf(this.#server)}/`;
  }

  open(url: string): void {
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
    this.#browser = spawn(CHROMIUM, [...flags, `--user-data-dir=${this.#profile}`, '--remote-debugging-port=0', url], {
      env: { HOME: this.#profile },
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    this.#browser.stderr?.setEncoding('utf8').on('data', (chunk: string) => (this.#log += chunk));
  }

  /** Waits until the page has said something of the kind. */
  until(what: string, matches: (report: Report) => boolean): Promise<Report> {
    return until(
      what,
      () => this.reports.find(matches),
      () => (this.#browser?.exitCode ?? null) !== null,
      () => `${JSON.stringify(this.reports)}\n${this.#log}`,
    );
  }

  async #read(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.reports.push(JSON.parse(await text(request)) as Report);
    response.end();
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    const browser = this.#browser;
    if (browser?.pid !== undefined && browser.exitCode === null) {
      const closed = once(browser, 'close');
      // With its children: a browser is many processes.
      process.kill(-browser.pid, 'SIGKILL');
      await closed;
    }
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
