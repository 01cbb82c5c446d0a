import {
  Body,
  Controller,
  Get,
  Post,
  Req,
  UploadedFile,
  UploadedFiles,
  UseInterceptors,
  type RawBodyRequest,
  All,
} from '@nestjs/common';
import { FileInterceptor, FilesInterceptor } from '@nestjs/platform-express';
import express, { type Request } from 'express';
import { ask, get, post } from '../call.js';
import { type NestRow, nestSubject } from './nest-subject.js';

const MULTIPART = { 'Content-Type': 'multipart/form-data; boundary=b' };

const part = (name: string, content: string, file = '') =>
  `--b\r\nContent-Disposition: form-data; name="${name}"${file === '' ? '' : `; filename="${file}"\r\nContent-Type: text/plain`}\r\n\r\n${content}\r\n`;

type Uploaded = Record<string, unknown> | undefined;

const fileOf = (file: Uploaded) =>
  file === undefined ? 'none' : { name: file['originalname'], size: file['size'], text: String(file['buffer']) };

@Controller()
class BodiesController {
  @All('echo')
  echo(@Req() req: RawBodyRequest<Request>): object {
    const body: unknown = req.body;
    return {
      body: Buffer.isBuffer(body) ? `buffer ${body.toString()}` : (body ?? String(body)),
      own: Object.hasOwn(req, 'body'),
      raw: req.rawBody?.toString() ?? 'none',
    };
  }

  @Post('field')
  field(@Body('a') a: unknown): object {
    return { a: a ?? 'nothing' };
  }

  @Get('field')
  fieldOfGet(@Body() body: unknown, @Body('a') a: unknown): object {
    return { body: body ?? 'nothing', a: a ?? 'nothing' };
  }

  @Post('file')
  @UseInterceptors(FileInterceptor('file', { limits: { fileSize: 10 } }))
  file(@UploadedFile() file: Uploaded, @Body() body: object): object {
    return { file: fileOf(file), body: body ?? 'nothing' };
  }

  @Post('files')
  @UseInterceptors(FilesInterceptor('files'))
  files(@UploadedFiles() files: readonly Uploaded[] = []): object {
    return { files: files.map(fileOf) };
  }
}

const controllers = [BodiesController];
const BODIES: readonly NestRow[] = [
  ['json', post('{"a":1}', undefined, '/echo')],
  ['a form', post('a=1&b[c]=2', { 'Content-Type': 'application/x-www-form-urlencoded' }, '/echo')],
  ['text', post('a', { 'Content-Type': 'text/plain' }, '/echo')],
  ['no body', get('/echo')],
  ['no body in POST', ask('POST', '/echo')],
  ['a length of 0', post('', { 'Content-Type': 'application/json', 'Content-Length': '0' }, '/echo')],
  [
    'no chunk but the last',
    post('0\r\n\r\n', { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' }, '/echo'),
  ],
  ['json in GET', { ...post('{"a":1}', undefined, '/echo'), method: 'GET' }],
  ['json in DELETE', { ...post('{"a":1}', undefined, '/echo'), method: 'DELETE' }],
  ['json in HEAD', { ...post('{"a":1}', undefined, '/echo'), method: 'HEAD' }],
  ['json that is none', post('{"a"', undefined, '/echo'), 400],
  ['json that is too long', post(JSON.stringify('x'.repeat(102_400)), undefined, '/echo'), 413],
  ['a charset that nobody knows', post('{}', { 'Content-Type': 'application/json; charset=wonderful' }, '/echo'), 415],
];

export const bodiesOfNest = nestSubject('bodies', { controllers }, [
  ...BODIES,
  ['a field', post('{"a":1}', undefined, '/field'), 201],
  ['a field of nothing', ask('POST', '/field'), 201],
  ['a field of nothing in GET', get('/field')],
  ['multer', post(`${part('file', 'content', 'a.txt')}${part('b', 'value')}--b--\r\n`, MULTIPART, '/file'), 201],
  ['multer without a file', post(`${part('b', 'value')}--b--\r\n`, MULTIPART, '/file'), 201],
  ['multer without a body', ask('POST', '/file'), 201],
  ['multer, too long', post(`${part('file', 'too much content', 'a.txt')}--b--\r\n`, MULTIPART, '/file'), 413],
  ['multer, another field', post(`${part('other', 'content', 'a.txt')}--b--\r\n`, MULTIPART, '/file'), 400],
  ['multer, cut short', post(part('file', 'content', 'a.txt'), MULTIPART, '/file'), 400],
  [
    'multer, two files',
    post(`${part('files', 'a', 'a.txt')}${part('files', 'b', 'b.txt')}--b--\r\n`, MULTIPART, '/files'),
    201,
  ],
]);

export const rawBodies = nestSubject('bodies with rawBody', { controllers, options: { rawBody: true } }, BODIES);

export const limitedBodies = nestSubject(
  'bodies with parsers of the application',
  {
    controllers,
    setup: (app) => {
      app.useBodyParser('json', { limit: 6 });
      app.useBodyParser('text');
      app.useBodyParser('raw', { type: 'application/octet-stream' });
      app.use('/echo', express.text({ type: 'text/late' }));
    },
  },
  [
    ...BODIES.map(([name, call, status]): NestRow =>
      /^(?:json|json in .*)$/.test(name) ? [name, call, 413] : [name, call, status],
    ),
    ['bytes', post('ab', { 'Content-Type': 'application/octet-stream' }, '/echo')],
    ['text that comes late', post('ab', { 'Content-Type': 'text/late' }, '/echo')],
  ],
);

export const unparsed = nestSubject('bodies without a parser', { controllers, options: { bodyParser: false } }, [
  ['json', post('{"a":1}', undefined, '/echo')],
  ['no body', get('/echo')],
]);
