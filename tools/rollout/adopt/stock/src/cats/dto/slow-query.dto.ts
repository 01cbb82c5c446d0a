import { Type } from 'class-transformer';
import { IsNumber, Max, Min } from 'class-validator';

export class SlowQueryDto {
  @Type(() => Number)
  @IsNumber()
  @Min(0)
  @Max(60)
  readonly seconds: number = 1;
}
