/** What the start waits for, by name: whoever looks at a pod that does not become ready wants to know. */
export class StartProgress {
  /** Names what failed, for the line that says why the start did; undefined where that is not known. */
  blame: () => string | undefined = () => undefined;
  /** The last error that was logged. */
  lastError: string | undefined;
  readonly #sources = new Set<() => readonly string[]>();

  /** What is awaited now. */
  get awaited(): string[] {
    return [...this.#sources].flatMap((source) => source());
  }

  /**
   * Asks a source what it waits for, as often as somebody looks.
   *
   * @returns ends that.
   */
  watch(source: () => readonly string[]): () => void {
    this.#sources.add(source);
    return () => this.#sources.delete(source);
  }
}
