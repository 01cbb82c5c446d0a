/** Something that is not done, as the log names it when it has to be cut. */
export interface PendingWork {
  /** In a message: `GET /users/:id after 1.2 s`. */
  readonly text: string;
  /** In the field of the log that bears the source's name. */
  readonly field: unknown;
}

/** Where work comes from that the pod must finish before any hook runs: requests, tracked promises. */
export interface WorkSource {
  /** As the log calls it: `requests`. */
  readonly name: string;
  /**
   * The pod was asked to go: take no more where that is possible, and tell who is connected. Must not wait.
   *
   * @param overMs how long goodbyes may be spread over, so that not everybody comes back elsewhere in one instant.
   * @param endAt when what is left is cut, as `performance.now()` counts; `Infinity` for never.
   */
  leave(overMs: number, endAt: number): void;
  /** The lame duck is over: nobody is sent to the pod any more, so that its listeners may close. Must not wait. */
  endLameDuck?(): void;
  /** Whether nothing is pending. Asked at every change, so it must be a counter and no search. */
  readonly isIdle: boolean;
  /** Whether something is pending that began before `atMs`, as `performance.now()` counts. */
  isPendingSince(atMs: number): boolean;
  /** What is pending, the oldest first. */
  readonly pending: readonly PendingWork[];
  /** Ends what is left: the slice is over, and the log has named it. */
  cut(): void;
}
