import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { Controller, Get, Header, MessageEvent, Sse, StreamableFile } from '@nestjs/common';
import { concat, from, Observable, of, throwError } from 'rxjs';
import { ask, type Call, get, leave, received, send, text } from '../call.js';
import { nestSubject } from './nest-subject.js';

const HELLO = resolve('test/ebb/semantics/files/hello.txt');

async function* parts(): AsyncGenerator<string> {
  yield 'a';
  await Promise.resolve();
  yield 'b';
}

async function* failing(): AsyncGenerator<string> {
  await Promise.resolve();
  yield 'half';
  throw new Error('failed');
}

async function* failingAtOnce(): AsyncGenerator<string> {
  yield await Promise.reject<string>(new Error('failed at once'));
}

@Controller()
class StreamingController {
  @Get('file') file(): StreamableFile {
    return new StreamableFile(createReadStream(HELLO));
  }
  @Get('file-described') described(): StreamableFile {
    return new StreamableFile(createReadStream(HELLO), {
      type: 'text/x',
      disposition: 'attachment; filename="a.txt"',
      length: 12,
    });
  }
  @Get('file-buffer') buffer(): StreamableFile {
    return new StreamableFile(Buffer.from('bytes'));
  }
  @Get('file-bytes') bytes(): StreamableFile {
    return new StreamableFile(new Uint8Array([65, 66]));
  }
  @Get('file-objects') objects(): StreamableFile {
    return new StreamableFile(Readable.from(['a', 'b']));
  }
  @Get('file-typed') @Header('Content-Type', 'application/x') typed(): StreamableFile {
    return new StreamableFile(Buffer.from('bytes'), { type: 'text/y' });
  }
  @Get('file-missing') missing(): StreamableFile {
    return new StreamableFile(createReadStream('/nope'));
  }
  @Get('file-fails') fails(): StreamableFile {
    return new StreamableFile(Readable.from(failing()));
  }
  @Get('file-promise') promised(): Promise<StreamableFile> {
    return Promise.resolve(new StreamableFile(Buffer.from('later')));
  }
  @Get('generator') generator(): AsyncGenerator<string> {
    return parts();
  }
  @Get('generator-fails') generatorFails(): AsyncGenerator<string> {
    return failing();
  }
  @Get('generator-fails-at-once') generatorFailsAtOnce(): AsyncGenerator<string> {
    return failingAtOnce();
  }
  @Get('web-stream') webStream(): ReadableStream {
    return ReadableStream.from(['a', 'b']);
  }
  @Get('response') response(): Response {
    return new Response('text', { status: 201, headers: { 'X-One': '1' } });
  }
  @Get('response-json') responseJson(): Response {
    return Response.json({ a: 1 }, { status: 418 });
  }
  @Get('response-empty') responseEmpty(): Response {
    return new Response(null, { status: 204 });
  }
  @Get('response-cookies') responseCookies(): Response {
    return new Response('a', {
      headers: [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ],
    });
  }
  @Sse('sse') sse(): Observable<MessageEvent> {
    return of({ data: 'a' }, { data: { b: 1 }, id: '2', type: 'named', retry: 10 });
  }
  @Sse('sse-fails') sseFails(): Observable<MessageEvent> {
    return concat(
      of({ data: 'a' }),
      throwError(() => new Error('failed')),
    );
  }
  @Sse('sse-endless') sseEndless(): Observable<MessageEvent> {
    return concat(of({ data: 'a' }), new Observable<MessageEvent>(() => undefined));
  }
  @Sse('sse-promise') ssePromise(): Promise<Observable<MessageEvent>> {
    return Promise.resolve(from([{ data: '1' }, { data: '2' }]));
  }
}

const STATUSES: Readonly<Record<string, number>> = {
  'file-missing': 400,
  'generator-fails-at-once': 500,
  response: 201,
  'response-json': 418,
  'response-empty': 204,
};

const PATHS = [
  'file',
  'file-described',
  'file-buffer',
  'file-bytes',
  'file-objects',
  'file-typed',
  'file-missing',
  'file-fails',
  'file-promise',
  'generator',
  'generator-fails',
  'generator-fails-at-once',
  'web-stream',
  'response',
  'response-json',
  'response-empty',
  'response-cookies',
];

export const streaming = nestSubject('streams of handlers', { controllers: [StreamingController] }, [
  ...PATHS.map((path) => [path, get(`/${path}`), STATUSES[path] ?? 200] as const),
  ...['file', 'file-described', 'generator', 'response'].map(
    (path) => [`${path}, HEAD`, ask('HEAD', `/${path}`), STATUSES[path] ?? 200] as const,
  ),
]);

/** An answer in parts is over with an empty one. */
const LAST = '\r\n0\r\n\r\n';

/** Nest has these connections kept, whatever the client says. */
const kept = (call: Call, last: string) => [send(text(call, 'keep-alive')), received(last), leave()];

export const eventStreams = nestSubject('streams of events', { controllers: [StreamingController] }, [
  ['two events', kept(get('/sse'), LAST)],
  ['two events of a promise', kept(get('/sse-promise'), LAST)],
  ['HEAD', kept(ask('HEAD', '/sse'), '\r\n\r\n')],
  ['one that fails', kept(get('/sse-fails'), LAST)],
  ['one that the client leaves', kept(get('/sse-endless'), 'data: a')],
]);
