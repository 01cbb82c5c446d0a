/** esbuild's `keepNames`, without what it costs a function that is made for every request. */

/** What esbuild (0.28) puts around whatever has a name. It defines the name anew each time, also where it is right. */
const OF_ESBUILD = '(target,value)=>__defProp(target,"name",{value,configurable:!0})';

/** Where the name is another one, and not for arrow functions, whose places in a stack have their names without it. */
const CHEAP = '(t,v)=>t.name!==v&&t.prototype?__defProp(t,"name",{value:v}):t';

/**
 * The text of a bundle's file with the cheap helper in the place of esbuild's. It is as long, so that the source map stays right.
 *
 * @returns undefined where the file does not have it.
 */
export function withCheapNames(text: string): string | undefined {
  return text.includes(OF_ESBUILD) ? text.replace(OF_ESBUILD, CHEAP.padEnd(OF_ESBUILD.length)) : undefined;
}
