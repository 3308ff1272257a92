import { z } from 'zod';
import { isNetwork } from '#platform/network/network-rule.ts';
import { parseVerifierKey } from '#verification/log/verifier-key.ts';

/** How the environment's variables are written. Each rule says what is wrong and gives an example, never the value. */

export const optional = z
  .string()
  .trim()
  .transform((text) => (text === '' ? undefined : text))
  .optional();

export const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );

export const httpUrl = (example: string) =>
  z
    .string()
    .trim()
    .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
      message: `must be an http or https URL, for example ${example}`,
    })
    .transform((text) => text.replace(/\/+$/, ''));

export const proxyUrl = z
  .string()
  .trim()
  .transform((text) => (text.includes('://') ? text : `http://${text}`))
  .refine(
    (text) => {
      const url = URL.canParse(text) ? new URL(text) : null;
      return url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '';
    },
    // Never the value itself: it may hold a password.
    { message: 'must be the address of an http or https proxy, for example http://proxy.example.com:3128' },
  );

export const switchedOn = (name: string) =>
  z
    .string()
    .trim()
    .toLowerCase()
    .pipe(
      z.enum(['true', 'false', '1', '0', 'on', 'off'], {
        error: `must be true or false, for example ${name}=false`,
      }),
    )
    .transform((text) => ['true', '1', 'on'].includes(text));

export const wholeNumber = (rule: { min: number; max: number; example: string }) =>
  z
    .string()
    .trim()
    .refine((text) => /^\d+$/.test(text) && Number(text) >= rule.min && Number(text) <= rule.max, {
      message: `must be a whole number from ${rule.min} to ${rule.max}, for example ${rule.example}`,
    })
    .transform(Number);

/** Keys of 32 bytes as 64 hexadecimal digits or as base64, the one in use first, separated by commas. */
export const keys32 = (name: string) =>
  z
    .string()
    .trim()
    .refine(
      (list) =>
        list
          .split(',')
          .map((text) => text.trim())
          .every((text) => /^[0-9a-fA-F]{64}$/.test(text) || /^[A-Za-z0-9+/_-]{43}=?$/.test(text)),
      // Never the value itself: it is a secret.
      {
        message: `must be 32 bytes as 64 hexadecimal digits or base64, for example ${name}=$(openssl rand -hex 32); to replace a key, give the new one and the old one, separated by a comma`,
      },
    );

const account = /^(?:github:\d+(?:@[A-Za-z0-9.[\]:-]+)?|wallet:0x[0-9a-fA-F]{40}|local:owner)$/;

/** Accounts as `provider:subject`. */
export const accounts = list.refine((items) => items.every((item) => account.test(item)), {
  message:
    'must list accounts as github:<numeric id>, github:<numeric id>@<host of another GitHub server>, wallet:<address> or local:owner, for example github:583231,wallet:0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045',
});

/** Names or addresses as a browser sends them in Host, without scheme, path or port. */
const hostName =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])$/;

export const hosts = list
  .transform((items) => items.map((item) => item.toLowerCase().replace(/\.$/, '')))
  .refine((items) => items.every((item) => hostName.test(item)), {
    message:
      'must list exact host names without scheme and port, for example verify.example.com,verify.internal',
  });

export const networks = list.refine((items) => items.every(isNetwork), {
  message: 'must list networks (CIDR) or addresses, for example 10.0.0.0/8,fd00::/8',
});

export const isOrigin = (text: string) =>
  text === '*' ||
  (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text);

/** A note holds 100 signatures, and readers need not take more than 16. The log's own are among them. */
const mostWitnesses = 50;

/** Witnesses of the log, each its verifier key and its address. */
export const witnesses = list.transform((items, context) => {
  if (items.length > mostWitnesses)
    context.addIssue({
      code: 'custom',
      message: `must list at most ${mostWitnesses} witnesses: a checkpoint has no room for the cosignatures of more`,
    });
  return items.flatMap((item) => {
    const [vkey = '', url = '', ...rest] = item.split(/\s+/);
    try {
      if (
        parseVerifierKey(vkey).type === 'cosignature' &&
        /^https?:\/\//.test(url) &&
        URL.canParse(url) &&
        rest.length === 0
      )
        return [{ vkey, url }];
    } catch {
      // Said below, as for any other text.
    }
    context.addIssue({
      code: 'custom',
      message:
        'must list a verifier key and an address for each witness, for example WITNESSES="witness.example+0a1b2c3d+BA… https://witness.example"',
    });
    return [];
  });
});
