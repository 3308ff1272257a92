/** One character in UTF-8, percent-encoded (RFC 3629, section 4); or a percent sign that begins none. */
const encoded = new RegExp(
  [
    '%[0-7][0-9a-f]',
    '%(?:c[2-9a-f]|d[0-9a-f])%[89ab][0-9a-f]',
    '%e0%[ab][0-9a-f]%[89ab][0-9a-f]',
    '%ed%[89][0-9a-f]%[89ab][0-9a-f]',
    '%e[1-9a-cef](?:%[89ab][0-9a-f]){2}',
    '%f0%[9ab][0-9a-f](?:%[89ab][0-9a-f]){2}',
    '%f[1-3](?:%[89ab][0-9a-f]){3}',
    '%f4%8[0-9a-f](?:%[89ab][0-9a-f]){2}',
    '%',
  ].join('|'),
  'gi',
);

/**
 * A request's target whose path can be decoded. What cannot be is kept as the text that it is: `/certificates/%ff` is the
 * certificate `%ff`, which no door knows, so that each answers 404 in its own form. Next would answer it with 400 or 500
 * before any door. A query is decoded leniently and stays.
 */
export const decodablePath = (target: string): string => {
  const end = target.search(/[?#]/);
  const path = end === -1 ? target : target.slice(0, end);
  const kept = path.replaceAll(encoded, (part) => (part === '%' ? '%25' : part));
  return kept + (end === -1 ? '' : target.slice(end));
};

/**
 * A request's target as whatever is behind the entry reads it: a path that can be decoded, without dot segments and without
 * a fragment. What the entry judges and what is routed are then the same text.
 */
export const plainTarget = (target: string): string => {
  const { pathname, search } = new URL(
    `http://n${decodablePath(target.startsWith('/') ? target : `/${target}`)}`,
  );
  // Taking dot segments away may leave a percent sign that begins nothing.
  return decodablePath(pathname) + search;
};
