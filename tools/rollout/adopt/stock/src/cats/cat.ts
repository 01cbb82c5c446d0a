export interface Cat {
  readonly name: string;
  readonly age: number;
}
