import { Controller, Get, Header } from '@nestjs/common';

/** Handlers of the most common kinds. */
@Controller()
export class PagesController {
  @Get() object(): object {
    return { a: 1 };
  }
  @Get('long') long(): object {
    return { text: 'x'.repeat(3_000) };
  }
  @Get('text') text(): string {
    return 'text';
  }
  @Get('typed') @Header('Content-Type', 'application/x+json') typed(): object {
    return { a: 1 };
  }
  @Get('null') null(): null {
    return null;
  }
  @Get('count') count(): object {
    return { count: 1 };
  }
}
