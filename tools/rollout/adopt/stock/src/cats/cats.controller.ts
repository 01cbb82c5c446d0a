import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import type { Cat } from './cat.js';
import { CatsService } from './cats.service.js';
import { CreateCatDto } from './dto/create-cat.dto.js';
import { SlowQueryDto } from './dto/slow-query.dto.js';

@Controller('cats')
export class CatsController {
  constructor(private readonly catsService: CatsService) {}

  @Get()
  findAll(): Cat[] {
    return this.catsService.findAll();
  }

  @Get('slow')
  findSlowly(@Query() { seconds }: SlowQueryDto): Promise<Cat[]> {
    return this.catsService.findSlowly(seconds);
  }

  @Post()
  create(@Body() cat: CreateCatDto): Cat {
    return this.catsService.create(cat);
  }
}
