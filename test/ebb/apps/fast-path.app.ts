/** A service whose answers are compared with the fast path on and off: `fast-path on`, `fast-path off`. */
import { Body, Controller, Get, Header, HttpException, Module, Param, Post, Res, StreamableFile } from '@nestjs/common';
import type { Response } from 'express';
import { defineApp } from '#ebb';

@Controller()
class AnswersController {
  @Get('object')
  object(): object {
    return { a: 1, b: 'ü' };
  }

  @Get('text')
  text(): string {
    return 'text';
  }

  @Get('null')
  null(): null {
    return null;
  }

  @Get('typed')
  @Header('Content-Type', 'application/x+json')
  typed(): object {
    return { a: 1 };
  }

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(Buffer.from('bytes'));
  }

  @Get('headers')
  headers(@Res({ passthrough: true }) res: Response): object {
    res.removeHeader('X-Content-Type-Options');
    res.set('X-Frame-Options', 'DENY').set('Cache-Control', 'no-store');
    return { ...res.getHeaders() };
  }

  @Get('written')
  written(@Res() res: Response): void {
    res.writeHead(202, { 'X-Frame-Options': 'DENY' }).end('written');
  }

  @Get('throws/:status')
  throws(@Param('status') status: string): never {
    throw new HttpException({ reason: status }, Number(status));
  }

  @Get('fails')
  fails(): never {
    throw new Error('failed');
  }

  @Post('echo')
  echo(@Body() body: unknown): object {
    return { body: body ?? 'nothing' };
  }
}

@Module({ controllers: [AnswersController] })
class AnswersModule {}

export default defineApp({
  imports: [AnswersModule],
  http: { fastPath: process.argv[3] === 'on' },
});
