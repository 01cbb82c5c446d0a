import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from './api.js';
import { ClusterError } from './kubectl.js';
import type { List, Metadata } from './objects.js';

/** Before a watch that the server ended is begun again. */
const AGAIN_AFTER_MS = 200;

/** What a watch tells: `ADDED` also of what was there before. */
export type Seen<T> = (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T) => void;

interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

/**
 * Lists and then watches one kind of object until `signal`. Resolves once the list is told.
 *
 * @param path  of the collection, without a query
 * @throws {@link ClusterError} when it cannot be listed
 */
export async function watch<T extends { readonly metadata: Metadata }>(
  api: Api,
  path: string,
  selector: string,
  seen: Seen<T>,
  signal: AbortSignal,
): Promise<void> {
  const query = `?labelSelector=${encodeURIComponent(selector)}`;
  let known = new Map<string, T>();

  const list = async (): Promise<string> => {
    const { metadata, items } = await api.json<List<T>>(path + query);
    const found = new Map(items.map((item) => [item.metadata.name, item]));
    for (const [name, item] of found) {
      seen(known.has(name) ? 'MODIFIED' : 'ADDED', item);
    }
    for (const [name, item] of known) {
      if (!found.has(name)) {
        seen('DELETED', item);
      }
    }
    known = found;
    return metadata.resourceVersion ?? '';
  };

  const follow = async (version: string): Promise<void> => {
    for await (const line of api.lines(`${path}${query}&watch=true&resourceVersion=${version}`, signal)) {
      const { type, object } = JSON.parse(line) as WatchEvent<T>;
      if (type === 'ERROR') {
        return;
      }
      if (type !== 'BOOKMARK') {
        known.set(object.metadata.name, object);
        if (type === 'DELETED') {
          known.delete(object.metadata.name);
        }
        seen(type, object);
      }
    }
  };

  const goOn = async (version: string): Promise<void> => {
    let from: string | undefined = version;
    while (!signal.aborted) {
      try {
        from ??= await list();
        await follow(from);
      } catch (error) {
        // An API server that is away for a moment: what happened meanwhile is in the next list.
        if (!(error instanceof ClusterError)) {
          throw error;
        }
      }
      from = undefined;
      await sleep(AGAIN_AFTER_MS);
    }
  };

  void goOn(await list());
}
