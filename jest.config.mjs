import { existsSync, readFileSync } from 'node:fs';

// One description of the TypeScript dialect for the build and the tests, so that both compile the same language.
const { $schema: _, ...swc } = JSON.parse(readFileSync(new URL('.swcrc', import.meta.url), 'utf8'));

export default {
  testEnvironment: 'node',
  // A ceiling against hangs: what a test waits for has its own, shorter one and says what was missing.
  testTimeout: 60_000,
  // Most tests wait for a process, not for a processor.
  maxWorkers: 2,
  // Each of them may be deleted, and Jest takes no root that is not there.
  roots: ['src', 'test', 'tools'].filter((folder) => existsSync(new URL(folder, import.meta.url))),
  testRegex: String.raw`\.(e2e-)?spec\.ts$`,
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^#ebb$': '<rootDir>/src/ebb/index.ts' },
  resolver: '<rootDir>/jest-resolver.cjs',
  transform: { '^.+\\.ts$': ['@swc/jest', { ...swc, swcrc: false, sourceMaps: 'inline' }] },
};
