/** Events of requests and responses: which of them are emitted, and in which order, with the connection kept and closed. */
import { type Call, get, leave, mark, post, received, send, type Step, text } from '../call.js';
import { answer, expressSubject } from '../row.js';
import { WAYS } from './listening.js';

/** All kinds of bodies. */
const CALLS: Readonly<Record<string, Call>> = {
  'no body': get(),
  'a length of 0': get('/', { 'Content-Length': '0' }),
  'a body': { ...post('body'), method: 'GET' },
  'a body in chunks': { ...post('2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n', { 'Transfer-Encoding': 'chunked' }), method: 'GET' },
};

/** The client stays until the server has nothing more to do, and goes then. */
function kept(call: Call): readonly Step[] {
  return [send(text(call, 'keep-alive')), received('{"a":1}'), mark('-- answered'), leave()];
}

export const events = Object.entries(CALLS).flatMap(([kind, call]) => [
  expressSubject(
    `events of a request with ${kind}, closed`,
    Object.entries(WAYS).map(([name, handle]) => [name, answer(handle), call]),
  ),
  expressSubject(
    `events of a request with ${kind}, kept`,
    Object.entries(WAYS).map(([name, handle]) => [name, answer(handle), kept(call)]),
  ),
]);
