import { Injectable } from '@nestjs/common';
import type { WorkSource } from './work-source.js';

/** All sources of work: the drain waits for them, and knows none of them by name. */
@Injectable()
export class Work {
  readonly #sources: WorkSource[] = [];

  add(source: WorkSource): void {
    this.#sources.push(source);
  }

  get sources(): readonly WorkSource[] {
    return this.#sources;
  }

  get isIdle(): boolean {
    return this.#sources.every(({ isIdle }) => isIdle);
  }

  isPendingSince(atMs: number): boolean {
    return this.#sources.some((source) => source.isPendingSince(atMs));
  }

  leave(overMs: number, endAt: number): void {
    this.#sources.forEach((source) => source.leave(overMs, endAt));
  }

  endLameDuck(): void {
    this.#sources.forEach((source) => source.endLameDuck?.());
  }

  cut(): void {
    this.#sources.forEach((source) => source.cut());
  }

  /** What is pending, in words and by the names of its sources. */
  get pending(): { readonly texts: readonly string[]; readonly fields: Readonly<Record<string, readonly unknown[]>> } {
    return {
      texts: this.#sources.flatMap(({ pending }) => pending.map(({ text }) => text)),
      fields: Object.fromEntries(
        this.#sources.map(({ name, pending }) => [name, pending.map(({ field }) => field)] as const),
      ),
    };
  }
}
