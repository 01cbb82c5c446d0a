/** The same tables once more, where every answer has headers that are always the same. */
import type { Build, Subject } from '../row.js';
import { breakingOff } from './breaking-off.js';
import { conditional } from './conditional.js';
import { errors } from './errors.js';
import { fields } from './fields.js';
import { files } from './files.js';
import { headerAccess } from './header-access.js';
import { headerWriting } from './header-writing.js';
import { json } from './json.js';
import { protocol } from './protocol.js';
import { replaced } from './replaced.js';
import { send } from './send.js';
import { streams } from './streams.js';

/** Among them those that the tables set, read and remove. */
const HEADERS = [
  ['X-Content-Type-Options', 'nosniff'],
  ['X-One', 'constant'],
  ['X-Powered-By', 'constant'],
  ['B', 'constant'],
  ['Cache-Control', 'no-store'],
] as const;

/** These answers have the headers too, and of a middleware they would not. */
const ANSWERED_BY_NODE: ReadonlySet<string> = new Set(['another expectation', 'HTTP/1.1 without a host']);

const withHeaders = ({ title, stages, rows }: Subject): Subject => ({
  title: `constant headers: ${title}`,
  stages: Object.fromEntries(
    Object.entries(stages).map(([name, build]): [string, Build] => [
      `constant headers: ${name}`,
      (side, trace) =>
        build(
          {
            ...side,
            express() {
              const made = side.express(HEADERS);
              made.app.disable('x-powered-by');
              return made;
            },
          },
          trace,
        ),
    ]),
  ),
  rows: rows
    .filter(({ name }) => !ANSWERED_BY_NODE.has(name))
    .map((row) => Object.assign({}, row, { stage: `constant headers: ${row.stage}` })),
});

export const constantHeaders = [
  breakingOff,
  conditional,
  errors,
  fields,
  files,
  headerAccess,
  headerWriting,
  json,
  protocol,
  replaced,
  send,
  streams,
].map(withHeaders);
