import { z } from 'zod';
import { redacted } from './redacted.ts';
import { lineSchema, storableTextSchema } from './text.ts';

/** http(s) without user info. Whether the address may be called is decided by the network rule. */
export const oracleUrlSchema = lineSchema.max(2000).superRefine((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const problem =
    url === null || !/^https?:$/.test(url.protocol)
      ? 'Must be an http or https URL, for example https://oracle.example.com/verify.'
      : url.username || url.password
        ? 'Must not contain a user name or password. Send credentials as a header.'
        : null;
  if (problem) context.addIssue({ code: 'custom', message: problem });
});

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible ASCII, space and tab, which every HTTP client sends unchanged. */
const headerValue = /^[\t\x20-\x7e]*$/;

export const oracleHeadersSchema = z
  .record(
    storableTextSchema.regex(headerName, 'Not a valid header name.').max(200),
    storableTextSchema.max(4000).regex(headerValue, 'A header value must be visible ASCII on one line.'),
  )
  .refine((headers) => Object.keys(headers).length <= 50, 'At most 50 headers.');

const redactedHeadersSchema = z.record(storableTextSchema, z.literal(redacted));

/** A field that only some types have. It is stored and shown, so it holds no secret. */
type OwnField = {
  schema: z.ZodString;
  label: string;
  hint: string;
  placeholder?: string;
  /** A construct without a name is named after this field instead of the address's host. */
  namesConstruct?: true;
};
type OwnFields = Record<string, OwnField>;

type Entry<Fields extends OwnFields> = {
  /** The type's name in the form. */
  label: string;
  /** By the names they are stored under. Requests prefix these with `oracle`: `tool` is `oracleTool`. */
  fields: Fields;
  /** The command line's flag that chooses the type and gives its fields. Null: an address alone implies the type. */
  flag: { name: `--oracle-${string}`; help: string } | null;
};

const shapeOf = <Fields extends OwnFields>(fields: Fields, schemaOf: (field: OwnField) => z.ZodString) =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, schemaOf(field)])) as {
    [Name in keyof Fields]: z.ZodString;
  };

/** A stored field was checked when it was requested. A rule that has become stricter since must not refuse it. */
const asStored = () => storableTextSchema;

/** An oracle that is reached over the network. Its headers and its address's query may hold secrets. */
const reached = <Type extends string, Fields extends OwnFields>(
  type: Type,
  entry: Entry<Fields> & {
    /** The form's texts for the address. */
    address: { hint: string; placeholder: string };
  },
) => ({
  ...entry,
  choice: z.object({
    type: z.literal(type),
    url: oracleUrlSchema,
    headers: oracleHeadersSchema,
    ...shapeOf(entry.fields, ({ schema }) => schema),
  }),
  stored: z.object({
    type: z.literal(type),
    /** Without its query. */
    url: storableTextSchema,
    headers: redactedHeadersSchema,
    ...shapeOf(entry.fields, asStored),
  }),
});

/** An oracle that runs on the machine that asks it. */
const local = <Type extends string, Fields extends OwnFields>(type: Type, entry: Entry<Fields>) => ({
  ...entry,
  address: null,
  choice: z.object({ type: z.literal(type), ...shapeOf(entry.fields, ({ schema }) => schema) }),
  stored: z.object({ type: z.literal(type), ...shapeOf(entry.fields, asStored) }),
});

const givenName = () => lineSchema.min(1).max(200);

const identifier = String.raw`[\p{XID_Start}_]\p{XID_Continue}*`;
/** A name only: no path, no option, nothing that an interpreter could take for more. */
const pythonName = (pattern: string, message: string) =>
  lineSchema
    .min(1)
    .max(500)
    .regex(new RegExp(`^${pattern}$`, 'u'), message);

/**
 * The types of oracles, in the form's order. Requests, stored configurations, the form and the command line derive from
 * this table. A new type needs an entry here, an adapter in `verification/oracles`, an opener in
 * `platform/open-oracle.ts`, and a mention in the README.
 */
export const oracleTypes = {
  http: reached('http', {
    label: 'An HTTP service that answers the contract',
    address: {
      hint: 'Each pull request is posted there as JSON, with one question.',
      placeholder: 'https://oracle.example.com/verify',
    },
    fields: {},
    flag: null,
  }),
  mcp: reached('mcp', {
    label: 'A tool of an MCP server',
    address: {
      hint: 'The server’s Streamable HTTP address; the tool is called once for each pull request.',
      placeholder: 'https://oracle.example.com/mcp',
    },
    fields: {
      tool: {
        schema: givenName(),
        label: 'Tool',
        hint: 'Its name as the server lists it.',
        placeholder: 'describe_change',
      },
    },
    flag: {
      name: '--oracle-mcp-tool',
      help: 'the address is an MCP server (Streamable HTTP); ask this tool',
    },
  }),
  chat: reached('chat', {
    label: 'A model behind a chat-completions endpoint',
    address: {
      hint: 'The whole address of an OpenAI-compatible endpoint; the model is asked for the contract’s JSON.',
      placeholder: 'https://oracle.example.com/v1/chat/completions',
    },
    fields: {
      model: { schema: givenName(), label: 'Model', hint: 'As the endpoint names it.', namesConstruct: true },
    },
    flag: {
      name: '--oracle-chat-model',
      help: 'the address is an OpenAI-compatible chat-completions endpoint; ask this model',
    },
  }),
  python: local('python', {
    label: 'A Python callable on this installation',
    fields: {
      module: {
        schema: pythonName(
          `${identifier}(?:\\.${identifier})*`,
          'Name it as in an import, without path or .py, for example my_oracle or package.module.',
        ),
        label: 'Module',
        hint: 'Below PYTHON_ORACLE_DIR. Name only code that you trust: where the installation has no sandbox, it runs with its rights.',
        placeholder: 'my_oracle',
        namesConstruct: true,
      },
      callable: {
        schema: pythonName(identifier, 'Must be the name of a function in the module, for example answer.'),
        label: 'Callable',
        hint: 'Plain or async; takes one dict',
        placeholder: 'answer',
      },
    },
    flag: {
      name: '--oracle-python',
      help: 'an oracle in Python, found from PYTHON_ORACLE_DIR or this folder; it runs with your rights, with no boundary',
    },
  }),
};

type Table = typeof oracleTypes;
export type OracleType = keyof Table;
export const oracleTypeNames = Object.keys(oracleTypes) as OracleType[];

/** One oracle, with everything needed to ask it, including its secrets. */
export type OracleChoice<Type extends OracleType = OracleType> = {
  [T in Type]: { type: T } & z.infer<Table[T]['choice']>;
}[Type];

/** One oracle as a run's configuration stores it: every secret is "[REDACTED]". */
export const storedOracleSchema = z.union([
  ...Object.values(oracleTypes).map(({ stored }) => stored),
  /** The demonstration oracle. Its address is the installation's own. */
  z.object({ type: z.literal('http'), url: z.null(), headers: redactedHeadersSchema }),
]);
export type StoredOracle = z.infer<typeof storedOracleSchema>;

type OwnName = { [T in OracleType]: keyof Table[T]['fields'] & string }[OracleType];
/** A request's name for a field that only some types have. */
export type OracleFieldName = `oracle${Capitalize<OwnName>}`;

const requestName = (name: string) =>
  `oracle${name.charAt(0).toUpperCase()}${name.slice(1)}` as OracleFieldName;

/** The fields that this type has of its own, in the table's order. */
export const ownFieldsOf = (
  type: OracleType,
): (OwnField & { name: string; requestName: OracleFieldName })[] => {
  const fields: OwnFields = oracleTypes[type].fields;
  return Object.entries(fields).map(([name, field]) => ({ ...field, name, requestName: requestName(name) }));
};

const allOwnFields = oracleTypeNames.flatMap(ownFieldsOf);
export const oracleFieldNames = [...new Set(allOwnFields.map(({ requestName }) => requestName))];

/** The fields of all types. All are optional, because a request is of one type. */
export const oracleFieldsShape = Object.fromEntries(
  allOwnFields.map(({ requestName, schema }) => [requestName, schema.optional()]),
) as Record<OracleFieldName, z.ZodOptional<z.ZodString>>;

/** The fields that a request for an oracle of this type must have. */
export const requestFieldsOf = (type: OracleType): ('oracleUrl' | OracleFieldName)[] => [
  ...(oracleTypes[type].address === null ? [] : ['oracleUrl' as const]),
  ...ownFieldsOf(type).map(({ requestName }) => requestName),
];
