import { truncateSync, writeFileSync } from 'node:fs';

/**
 * Where the kubelet reads a container's last words from; `kubectl describe pod` shows them.
 * @see https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/ (Kubernetes 1.37)
 */
const TERMINATION_MESSAGE_PATH = '/dev/termination-log';

/** The kubelet keeps this many bytes of it. */
const LONGEST_MESSAGE = 4_096;

/**
 * Leaves a message for `kubectl describe pod`. Where it cannot be written nothing happens: the log has it as well.
 *
 * @param path for tests; the kubelet reads {@link TERMINATION_MESSAGE_PATH}.
 */
export function writeTerminationMessage(message: string, path = TERMINATION_MESSAGE_PATH): void {
  try {
    // Not created where it does not exist: the kubelet has put it there, or nobody reads it.
    truncateSync(path);
    writeFileSync(path, Buffer.from(message).subarray(0, LONGEST_MESSAGE), { flag: 'r+' });
  } catch {
    // No pod, or a policy that forbids it.
  }
}
