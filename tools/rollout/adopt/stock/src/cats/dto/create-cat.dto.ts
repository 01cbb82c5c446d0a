import { IsInt, IsNotEmpty, IsString, Max, Min } from 'class-validator';

export class CreateCatDto {
  @IsString()
  @IsNotEmpty()
  readonly name!: string;

  @IsInt()
  @Min(0)
  @Max(30)
  readonly age!: number;
}
