const isDecodable = (text: string): boolean => {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
};

/** One character in UTF-8 or in ASCII, percent-encoded; or a percent sign that begins none. */
const encoded = /%[\da-f]{2}(?:%[89ab][\da-f])*|%/gi;

/**
 * A request's target whose path can be decoded. What cannot be is kept as the text that it is: `/certificates/%ff` is the
 * certificate `%ff`, which no door knows, so that each answers 404 in its own form. Next would answer it with 400 or 500
 * before any door. A query is decoded leniently and stays.
 */
export const decodablePath = (target: string): string => {
  const end = target.search(/[?#]/);
  const path = end === -1 ? target : target.slice(0, end);
  if (isDecodable(path)) return target;
  const kept = path.replaceAll(encoded, (part) => (isDecodable(part) ? part : part.replaceAll('%', '%25')));
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
