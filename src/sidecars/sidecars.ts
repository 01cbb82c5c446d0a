/**
 * The sidecars that Ebb knows how to leave with: data, one row per product, and nothing else of them anywhere.
 * None is known yet, so that naming one in `SIDECARS` is refused at boot instead of being ignored.
 */

/** The names `SIDECARS` may hold. */
export const KNOWN_SIDECARS: readonly string[] = [];
