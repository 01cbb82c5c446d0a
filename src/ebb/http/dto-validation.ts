/**
 * DTO classes with class-validator's decorators and no schema. Nest validates them only where the application has put a
 * ValidationPipe; without one the decorators do nothing, and nobody says so. Ebb puts Nest's own pipe on each such parameter
 * that the application has left bare.
 */
import { createRequire } from 'node:module';
import { type Type, ValidationPipe } from '@nestjs/common';
import { PARAMTYPES_METADATA, PIPES_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';

/** What Nest keeps of one decorated parameter. */
interface Argument {
  readonly index: number;
  readonly pipes: unknown[];
  readonly schema?: unknown;
}

/** A method with decorated parameters. */
interface Handler {
  readonly owner: Type<object>;
  readonly name: string;
}

/** A DTO is decorated, and what would check it is not installed; the message says where and what to do. */
export class UncheckedDtoError extends Error {
  constructor(where: string) {
    super(
      `${where} is a DTO with class-validator's decorators, and they would not be checked: class-transformer is not installed. ` +
        'Run "npm install --save-prod class-transformer", or give the parameter a schema.',
    );
    this.name = 'UncheckedDtoError';
  }
}

/**
 * Adds a ValidationPipe to every parameter whose class has class-validator's decorators, unless it has a schema or something
 * validates it already: a ValidationPipe of the parameter, its method, its class, or of the whole application.
 *
 * @throws {@link UncheckedDtoError} when class-transformer, which that pipe needs, is not installed.
 */
export function validateBareDtos(modules: ModulesContainer, config: ApplicationConfig): void {
  const isDecorated = decorationTest();
  if (isDecorated === undefined || [...config.getGlobalPipes(), ...scopedPipes(config)].some(isValidationPipe)) {
    return;
  }
  for (const handler of handlersOf(modules)) {
    if (!pipesOf(handler).some(isValidationPipe)) {
      for (const { argument, type } of argumentsOf(handler)) {
        if (argument.schema === undefined && !argument.pipes.some(isValidationPipe) && isDecorated(type)) {
          argument.pipes.unshift(validationPipe(`${type.name} of ${handler.owner.name}.${handler.name}()`));
        }
      }
    }
  }
}

/** Undefined where class-validator is not loaded, so that nothing can be decorated. It keeps its decorators in a global. */
function decorationTest(): ((type: Type) => boolean) | undefined {
  const storage: unknown = Reflect.get(globalThis, 'classValidatorMetadataStorage');
  if (typeof storage !== 'object' || storage === null) {
    return undefined;
  }
  const find: unknown = Reflect.get(storage, 'getTargetValidationMetadatas');
  return (type) => {
    const found: unknown =
      typeof find === 'function' ? Reflect.apply(find, storage, [type, '', false, false]) : undefined;
    return Array.isArray(found) && found.length > 0;
  };
}

function validationPipe(where: string): ValidationPipe {
  try {
    // Asked first: Nest ends the process when it cannot load it.
    createRequire(import.meta.url).resolve('class-transformer');
  } catch {
    throw new UncheckedDtoError(where);
  }
  return new ValidationPipe();
}

function isValidationPipe(pipe: unknown): boolean {
  return pipe instanceof ValidationPipe || (typeof pipe === 'function' && isA(pipe));
}

function isA(type: { readonly prototype?: unknown }): boolean {
  return type === ValidationPipe || type.prototype instanceof ValidationPipe;
}

/** APP_PIPE of a class that is made per request. */
function scopedPipes(config: ApplicationConfig): unknown[] {
  return config.getGlobalRequestPipes().map(({ metatype }) => metatype);
}

function handlersOf(modules: ModulesContainer): Handler[] {
  const owners = new Set<Type<object>>();
  for (const { controllers, providers } of modules.values()) {
    for (const { metatype } of [...controllers.values(), ...providers.values()]) {
      if (isClass(metatype)) {
        owners.add(metatype);
      }
    }
  }
  return [...owners].flatMap((owner) => methodsOf(owner).map((name) => ({ owner, name })));
}

function isClass(value: unknown): value is Type<object> {
  return typeof value === 'function' && typeof value.prototype === 'object';
}

/** Its own and those that it inherits. */
function methodsOf(owner: Type<object>): string[] {
  const names = new Set<string>();
  let prototype: unknown = owner.prototype;
  while (typeof prototype === 'object' && prototype !== null && prototype !== Object.prototype) {
    Object.getOwnPropertyNames(prototype).forEach((name) => names.add(name));
    prototype = Object.getPrototypeOf(prototype);
  }
  return [...names].filter((name) => Reflect.hasMetadata(ROUTE_ARGS_METADATA, owner, name));
}

function pipesOf({ owner, name }: Handler): unknown[] {
  const method: unknown = Reflect.get(prototypeOf(owner), name);
  return [method, owner].flatMap((decorated) =>
    typeof decorated === 'function' ? listOf(Reflect.getMetadata(PIPES_METADATA, decorated)) : [],
  );
}

function argumentsOf({ owner, name }: Handler): { readonly argument: Argument; readonly type: Type }[] {
  const args: unknown = Reflect.getMetadata(ROUTE_ARGS_METADATA, owner, name);
  const types = listOf(Reflect.getMetadata(PARAMTYPES_METADATA, prototypeOf(owner), name));
  const entries: unknown[] = Object.values(args ?? {});
  return entries.filter(isArgument).flatMap((argument) => {
    const type = types[argument.index];
    return isClass(type) ? [{ argument, type }] : [];
  });
}

function isArgument(entry: unknown): entry is Argument {
  return (
    typeof entry === 'object' && entry !== null && 'index' in entry && 'pipes' in entry && Array.isArray(entry.pipes)
  );
}

function prototypeOf({ prototype }: { readonly prototype?: unknown }): object {
  return typeof prototype === 'object' && prototype !== null ? prototype : {};
}

function listOf(metadata: unknown): unknown[] {
  return Array.isArray(metadata) ? metadata : [];
}
