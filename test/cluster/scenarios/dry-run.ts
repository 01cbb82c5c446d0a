import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scenario } from '../scenario.js';

const OVERLAYS = 'k8s/overlays';

export const dryRun: Scenario = {
  name: 'dry-run',
  what: 'every overlay is accepted by the API server, without a warning',
  isQuiet: true,
  async run({ kubectl }, findings) {
    const overlays = await readdir(OVERLAYS);
    findings.fact(overlays.length > 0, `${OVERLAYS} holds overlays`);
    for (const overlay of overlays) {
      const { stdout, stderr } = await kubectl.output([
        'apply',
        '--dry-run=server',
        '--kustomize',
        join(OVERLAYS, overlay),
      ]);
      findings.fact(stdout.includes('deployment.apps/ebb'), `${overlay} has a Deployment`);
      findings.fact(stderr === '', `${overlay} gives no warning (${stderr.trim()})`);
    }
    findings.note(`${overlays.join(', ')}: accepted in a namespace that enforces the restricted profile.`);
  },
};
