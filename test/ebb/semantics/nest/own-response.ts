/** Handlers that are given the response: some answer themselves, some leave that to Nest. */
import { Controller, Get, Res } from '@nestjs/common';
import type { Response } from 'express';
import { ask, get } from '../call.js';
import { nestSubject } from './nest-subject.js';

@Controller()
class OwnResponseController {
  @Get('res') res(@Res() res: Response): void {
    res.status(202).json({ a: 1 });
  }
  @Get('res-type') resType(@Res() res: Response): void {
    res.type('xml').send('<a/>');
  }
  @Get('res-returns') resReturns(@Res() res: Response): object {
    res.json({ a: 1 });
    return { ignored: true };
  }
  @Get('passthrough') passthrough(@Res({ passthrough: true }) res: Response): object {
    res.status(203).set('X-One', '1').cookie('a', 'b');
    return { a: 1 };
  }
  @Get('passthrough-type') passthroughType(@Res({ passthrough: true }) res: Response): object {
    res.type('application/problem+json');
    return { a: 1 };
  }
  @Get('passthrough-sent') passthroughSent(@Res({ passthrough: true }) res: Response): object {
    res.json({ first: 1 });
    return { second: 2 };
  }
  @Get('passthrough-written') passthroughWritten(@Res({ passthrough: true }) res: Response): object {
    res.write('first');
    return { second: 2 };
  }
  @Get('passthrough-flushed') passthroughFlushed(@Res({ passthrough: true }) res: Response): object {
    res.flushHeaders();
    return { a: 1 };
  }
  @Get('passthrough-json') passthroughJson(@Res({ passthrough: true }) res: Response): object {
    const { json } = res;
    res.json = (body: unknown) => json.call(res, { data: body });
    return { a: 1 };
  }
  @Get('passthrough-message') passthroughMessage(@Res({ passthrough: true }) res: Response): object {
    res.statusMessage = 'Fine';
    return { a: 1 };
  }
  @Get('passthrough-204') passthrough204(@Res({ passthrough: true }) res: Response): object {
    res.status(204);
    return { a: 1 };
  }
  @Get('passthrough-304') passthrough304(@Res({ passthrough: true }) res: Response): object {
    res.statusCode = 304;
    return { a: 1 };
  }
  @Get('passthrough-date') passthroughDate(@Res({ passthrough: true }) res: Response): object {
    res.removeHeader('X-Powered-By');
    res.sendDate = false;
    return { a: 1 };
  }
}

const PATHS = [
  'res-type',
  'res-returns',
  ...['type', 'sent', 'written', 'flushed', 'json', 'message', 'date'].map((name) => `passthrough-${name}`),
];

export const ownResponse = nestSubject('@Res()', { controllers: [OwnResponseController] }, [
  ['res', get('/res'), 202],
  ['passthrough', get('/passthrough'), 203],
  ['passthrough-204', get('/passthrough-204'), 204],
  ['passthrough-304', get('/passthrough-304'), 304],
  ['passthrough, HEAD', ask('HEAD', '/passthrough'), 203],
  ...PATHS.map((path) => [path, get(`/${path}`)] as const),
]);
