declare module 'ebb-bundle:table' {
  export const table: Readonly<Record<string, string | undefined>>;
}
