import { Option } from 'commander';
import {
  type OracleChoice,
  type OracleType,
  oracleTypeNames,
  oracleTypes,
  ownFieldsOf,
} from '#contracts/oracle-types.ts';
import { ownText, ownValues, shownOracle } from '#verification/certificate/target.ts';
import { UsageError } from './exit.ts';
import { headersOf } from './header-lines.ts';

/** The types that have a flag. Its value is their fields in the table's order, separated by colons. */
const flagged = oracleTypeNames.flatMap((type) => {
  const { flag } = oracleTypes[type];
  const form = ownFieldsOf(type)
    .map(({ name }) => name)
    .join(':');
  return flag === null ? [] : [{ type, flag: flag.name, form, help: flag.help }];
});

const optionOf = ({ flag, form, help }: (typeof flagged)[number]) =>
  new Option(form === '' ? flag : `${flag} <${form}>`, help);

export const oracleOptions = () => [
  new Option('--oracle-url <url>', 'where the oracle answers (HTTP POST)'),
  new Option('--oracle-header <header>', 'a header for the oracle, as "Name: value"; may be repeated')
    .argParser((header: string, before: string[]) => [...before, header])
    .default([], 'none'),
  ...flagged.map(optionOf),
];

export type OracleOptions = { oracleUrl?: string; oracleHeader: string[] };

const excludeEachOther = (one: string, other: string) =>
  new UsageError(`Name one oracle: ${one} and ${other} exclude each other.`);

const noneNamed = () => {
  const local = flagged.filter(({ type }) => oracleTypes[type].address === null);
  const ways = [
    '--oracle-url http://127.0.0.1:8000/verify',
    ...local.map(({ flag, form }) => `${flag} ${form}`),
  ];
  return new UsageError(`Name the oracle: ${ways.join(', or ')}.`);
};

/** The value of a type's flag, split into its fields by name. */
const ownIn = (type: OracleType, { flag, form, said }: { flag: string; form: string; said: string }) => {
  const fields = ownFieldsOf(type);
  if (fields.length === 0) return {};
  // A single field may contain a colon.
  const values = fields.length === 1 ? [said] : said.split(':');
  if (values.length !== fields.length) {
    const example = fields.map(({ placeholder }) => placeholder).join(':');
    throw new UsageError(`${flag} must be ${form}, for example ${example}.`);
  }
  return Object.fromEntries(fields.map(({ name }, place) => [name, values[place]]));
};

/**
 * The oracle that the options name.
 * @param options as commander reads them; the value of a type's flag is among them under the flag's name.
 * @throws UsageError if they name no oracle, two, or one that cannot be used.
 */
export const oracleOf = (options: OracleOptions & Record<string, unknown>): OracleChoice => {
  const { oracleUrl: url, oracleHeader } = options;
  const given = flagged.flatMap((type) => {
    const said = options[optionOf(type).attributeName()];
    return said === undefined ? [] : [{ ...type, said: String(said) }];
  });
  const [chosen, other] = given;
  if (chosen !== undefined && other !== undefined) throw excludeEachOther(chosen.flag, other.flag);
  const { type, flag } = chosen ?? { type: 'http' as const, flag: '--oracle-url' };
  const { address, choice } = oracleTypes[type];
  if (address !== null && url === undefined) throw noneNamed();
  if (address === null && url !== undefined) throw excludeEachOther('--oracle-url', flag);
  const parsed = choice.safeParse({
    type,
    ...(address !== null && { url, headers: headersOf(oracleHeader) }),
    ...(chosen !== undefined && ownIn(type, chosen)),
  });
  if (parsed.success) return parsed.data;
  // Never says a header's value: it is a secret, and this message may end in a log.
  const [issue] = parsed.error.issues;
  const at = { url: '--oracle-url', headers: '--oracle-header' }[String(issue?.path[0])] ?? flag;
  throw new UsageError(`${at}: ${issue?.message}`);
};

/** The name on the certificate by default. */
export const defaultConstruct = (oracle: OracleChoice): string =>
  ownValues(oracle).find(({ namesConstruct }) => namesConstruct)?.value ??
  ('url' in oracle ? new URL(oracle.url).host : shownOracle(oracle));

/** Everything that identifies the oracle. The address in it may hold a secret. */
export const oracleIdentity = (oracle: OracleChoice): string => {
  const named = oracleTypes[oracle.type].flag === null ? '' : oracle.type;
  const address = 'url' in oracle ? oracle.url : '';
  return [named, ownText(oracle), address].filter((part) => part !== '').join(' ');
};
