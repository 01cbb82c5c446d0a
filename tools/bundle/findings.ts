/** What is reached by a name that is known only at run time. */
export interface ByName {
  /** `name`, or `importer name` where only that importer means this file. */
  readonly key: string;
  readonly file: string;
  /** Some package says the name, which may mean nothing. */
  readonly isGuess: boolean;
}

/** What a build has found out about its modules. */
export interface Findings {
  readonly byName: Map<string, ByName>;
  /** Why a package may have to be external, by the file that says so. */
  readonly looksExternal: Map<string, string[]>;
}
