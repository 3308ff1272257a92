import { join } from 'node:path';
import {
  type Checker,
  type Signature,
  SignatureKind,
  SymbolFlags,
  type Symbol as TsSymbol,
  type Type,
  TypeFlags,
} from 'typescript/unstable/sync';
import type { Argument, Result } from './argument.ts';
import { ownMade, platformMade } from './made.ts';

const src = join(import.meta.dirname, '../..');

const smallNumber = 3;

/** Deeper values add cost and no new code. */
const deepest = 14;

const isOurs = (symbol: TsSymbol): boolean =>
  symbol.declarations.every(({ path }) => path.toLowerCase().startsWith(src.toLowerCase()));

/** Types of TypeScript's own library that only rearrange others. */
const isRearrangement = (name: string): boolean =>
  /^(?:Awaited|Exclude|Extract|NonNullable|Omit|Partial|Pick|Readonly|Record|Required)$/.test(name);

const isAnonymous = ({ name }: TsSymbol): boolean => name.startsWith('__');

/** A bound must let the text pass. Other numbers are small, because some are how often something is done. */
const named = (name: string, argument: Argument): Argument =>
  argument.kind === 'constant' && argument.value === smallNumber && /max|most|bytes|length|limit/i.test(name)
    ? { kind: 'constant', value: 1_000_000 }
    : argument;

/** Reads types as instructions for making values. */
export const argumentReader = (checker: Checker) => {
  const known = new Map<number, Argument>();
  let cuts = 0;
  const nameOf = (type: Type) =>
    type.getAliasSymbol()?.name ?? type.getSymbol()?.name ?? checker.typeToString(type);

  const fieldsOf = (type: Type, above: Type[]): Argument => {
    const record = checker.getIndexInfosOfType(type)[0];
    const fields = checker.getPropertiesOfType(type).map((property): [string, Argument] => {
      const of = checker.getTypeOfSymbol(property);
      return [
        property.name,
        of === undefined ? { kind: 'opaque', type: property.name } : named(property.name, read(of, above)),
      ];
    });
    if (record !== undefined && fields.length === 0)
      return { kind: 'record', of: read(record.valueType, above) };
    return { kind: 'object', fields };
  };

  const choiceOf = (types: readonly Type[], above: Type[]): Argument => {
    const all = types.map((one) => read(one, above));
    const present = all.filter((one) => !(one.kind === 'constant' && one.value === undefined));
    const usable = present.filter((one) => one.kind !== 'opaque');
    const valued = usable.filter((one) => !(one.kind === 'constant' && one.value === null));
    const [only, ...others] = valued.length > 0 ? valued : usable;
    if (only === undefined)
      return all.find((one) => one.kind === 'constant') ?? all[0] ?? { kind: 'constant', value: undefined };
    return others.length === 0 ? only : { kind: 'choice', of: [only, ...others] };
  };

  const objectOf = (type: Type, above: Type[]): Argument => {
    if (checker.isTupleType(type))
      return { kind: 'tuple', of: typeArguments(type).map((one) => read(one, above)) };
    if (checker.isArrayType(type)) {
      const [of] = typeArguments(type);
      return of === undefined ? { kind: 'opaque', type: 'array' } : { kind: 'list', of: read(of, above) };
    }
    const [signature] = checker.getSignaturesOfType(type, SignatureKind.Call);
    if (signature !== undefined) {
      const returned = checker.getReturnTypeOfSignature(signature);
      return {
        kind: 'function',
        returns: returned === undefined ? { kind: 'constant', value: undefined } : read(returned, above),
      };
    }
    const symbol = type.getSymbol();
    if (symbol !== undefined && !isAnonymous(symbol)) {
      const { name } = symbol;
      if (name === 'Promise' || name === 'PromiseLike') {
        const [of] = typeArguments(type);
        return {
          kind: 'promise',
          of: of === undefined ? { kind: 'constant', value: undefined } : read(of, above),
        };
      }
      const made = platformMade.get(name);
      if (made !== undefined) {
        const contained = made.contains === 0 ? [] : typeArguments(type).slice(0, made.contains);
        const of = contained.map((one) => read(one, above));
        return { kind: 'made', name, of, holdsText: made.holdsText };
      }
      const isClass = (symbol.flags & SymbolFlags.Class) !== 0;
      if (isClass || !isOurs(symbol)) return { kind: 'opaque', type: name };
    }
    return fieldsOf(type, above);
  };

  const typeArguments = (type: Type): readonly Type[] =>
    type.isTypeReference() ? checker.getTypeArguments(type) : [];

  const readForeignAlias = (type: Type, name: string): Argument =>
    /^(?:infer|input|output)$/.test(name) || checker.getSignaturesOfType(type, SignatureKind.Call).length > 0
      ? readNew(type, [type])
      : { kind: 'opaque', type: name };

  const readNew = (type: Type, above: Type[]): Argument => {
    const { flags } = type;
    if (flags & TypeFlags.StringLiteral && type.isStringLiteralType())
      return { kind: 'constant', value: type.value };
    if (flags & TypeFlags.NumberLiteral && type.isNumberLiteralType())
      return { kind: 'constant', value: type.value };
    if (flags & TypeFlags.BooleanLiteral)
      return { kind: 'constant', value: checker.typeToString(type) === 'true' };
    if (flags & (TypeFlags.String | TypeFlags.TemplateLiteral | TypeFlags.StringMapping))
      return { kind: 'text' };
    if (flags & (TypeFlags.Number | TypeFlags.BigInt)) return { kind: 'constant', value: smallNumber };
    if (flags & TypeFlags.Boolean)
      return {
        kind: 'choice',
        of: [
          { kind: 'constant', value: true },
          { kind: 'constant', value: false },
        ],
      };
    if (flags & TypeFlags.Null) return { kind: 'constant', value: null };
    if (flags & (TypeFlags.Undefined | TypeFlags.Void | TypeFlags.Never))
      return { kind: 'constant', value: undefined };
    if (flags & (TypeFlags.Any | TypeFlags.Unknown | TypeFlags.NonPrimitive)) return { kind: 'unknown' };
    if (type.isUnionType()) return choiceOf(type.getTypes(), above);
    if (type.isIntersectionType()) {
      // A brand on a primitive adds nothing to the value.
      const primitive = type.getTypes().find((one) => one.flags & TypeFlags.Primitive);
      if (primitive !== undefined) return read(primitive, above);
      const opaque = type
        .getTypes()
        .map((one) => read(one, above))
        .find(({ kind }) => kind === 'opaque');
      return opaque ?? objectOf(type, above);
    }
    if (flags & TypeFlags.Instantiable) {
      const constraint = checker.getBaseConstraintOfType(type);
      return constraint === undefined || constraint.id === type.id
        ? { kind: 'unknown' }
        : read(constraint, above);
    }
    return objectOf(type, above);
  };

  const read = (type: Type, above: Type[] = []): Argument => {
    const before = known.get(type.id);
    if (before !== undefined) return before;
    if (type.flags & TypeFlags.Primitive) return readNew(type, above);
    const alias = type.getAliasSymbol();
    const own = alias !== undefined && isOurs(alias) ? ownMade.get(alias.name) : undefined;
    if (alias !== undefined && own !== undefined)
      return { kind: 'made', name: alias.name, of: [], holdsText: own.holdsText };
    if (alias !== undefined && !isOurs(alias) && !isRearrangement(alias.name))
      return readForeignAlias(type, alias.name);
    if (above.length > deepest || above.some(({ id }) => id === type.id)) {
      cuts += 1;
      return { kind: 'opaque', type: nameOf(type) };
    }
    const cutsBefore = cuts;
    const argument = readNew(type, [...above, type]);
    // What was cut within a type above may be whole elsewhere.
    if (cuts === cutsBefore || above.length === 0) known.set(type.id, argument);
    return argument;
  };

  const parametersOf = (signature: Signature): Argument[] =>
    signature.getParameters().flatMap((parameter, place): Argument[] => {
      const type = checker.getTypeOfSymbol(parameter);
      if (type === undefined) return [{ kind: 'opaque', type: parameter.name }];
      const argument = named(parameter.name, read(type));
      const isRest = signature.hasRestParameter && place === signature.getParameters().length - 1;
      return isRest && argument.kind === 'list' ? [argument.of] : [argument];
    });

  const resultOf = (type: Type | undefined, depth = 0): Result => {
    if (type === undefined || depth > 3) return { kind: 'value' };
    if (type.isUnionType()) {
      const callable = type
        .getTypes()
        .map((one) => resultOf(one, depth))
        .find(({ kind }) => kind !== 'value');
      return callable ?? { kind: 'value' };
    }
    if (!(type.flags & (TypeFlags.Object | TypeFlags.Intersection))) return { kind: 'value' };
    if (checker.isArrayType(type)) return { kind: 'value' };
    const symbol = type.getSymbol();
    if (symbol?.name === 'Promise') return resultOf(typeArguments(type)[0], depth);
    const [signature] = checker.getSignaturesOfType(type, SignatureKind.Call);
    if (signature !== undefined)
      return {
        kind: 'callable',
        parameters: parametersOf(signature),
        result: resultOf(checker.getReturnTypeOfSignature(signature), depth + 1),
      };
    if (symbol !== undefined && !isAnonymous(symbol) && !isOurs(symbol)) return { kind: 'value' };
    const of = checker.getPropertiesOfType(type).flatMap((property): [string, Result][] => {
      const result = resultOf(checker.getTypeOfSymbol(property), depth + 1);
      return result.kind === 'value' ? [] : [[property.name, result]];
    });
    return of.length === 0 ? { kind: 'value' } : { kind: 'methods', of };
  };

  return { read, parametersOf, resultOf };
};
