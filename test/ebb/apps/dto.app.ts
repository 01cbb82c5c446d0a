/** DTO classes with class-validator's decorators, validated by nobody but Ebb unless a trait says so. */
import { Body, Controller, Get, Module, Post, Query, UsePipes, ValidationPipe } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { IsInt, IsString, Min, MinLength } from 'class-validator';
import { z } from 'zod';
import { defineApp } from '#ebb';

const traits = new Set(process.argv.slice(3));

class OrderDto {
  @IsString()
  @MinLength(3)
  name!: string;
}

class PageDto {
  @IsInt()
  @Min(1)
  page!: number;
}

class PlainDto {
  name!: string;
}

class GroupedDto {
  @MinLength(100, { groups: ['strict'] })
  name!: string;
}

const orderSchema = z.object({ name: z.string().max(3) });

@Controller()
class DtoController {
  @Post('orders')
  create(@Body() order: OrderDto): OrderDto {
    return order;
  }

  @Get('pages')
  page(@Query() page: PageDto): PageDto {
    return page;
  }

  @Post('plain')
  plain(@Body() plain: PlainDto): PlainDto {
    return plain;
  }

  @Post('schema')
  schema(@Body({ schema: orderSchema }) order: OrderDto): OrderDto {
    return order;
  }

  @Post('own-pipe')
  ownPipe(@Body(new ValidationPipe({ groups: ['lax'] })) order: GroupedDto): GroupedDto {
    return order;
  }

  @Post('own-method-pipe')
  @UsePipes(new ValidationPipe({ groups: ['lax'] }))
  ownMethodPipe(@Body() order: GroupedDto): GroupedDto {
    return order;
  }
}

class Inherited extends DtoController {}
Controller('inherited')(Inherited);

const pipe = { provide: APP_PIPE, useValue: new ValidationPipe({ whitelist: true, errorHttpStatusCode: 422 }) };

@Module({ controllers: [DtoController, Inherited], providers: traits.has('app-pipe') ? [pipe] : [] })
class DtoModule {}

export default defineApp({
  imports: [DtoModule],
  setup(app) {
    if (traits.has('global-pipe')) {
      app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true, errorHttpStatusCode: 422 }));
    }
  },
});
