/** Where the endpoint is, as the vendor's client takes it. */
export type Address = { baseURL: string; query: Record<string, string> };

/**
 * Servers document their address with its version (`http://host/v1`), as the whole path to completions, or bare. All
 * of them answer below `/v1`, so that is what a bare one means.
 */
export const addressOf = (url: string): Address => {
  const { origin, pathname, searchParams } = new URL(url);
  const path = pathname.replace(/\/+$/, '');
  return {
    baseURL: `${origin}${path === '' ? '/v1' : path.replace(/\/chat\/completions$/, '')}`,
    query: Object.fromEntries(searchParams),
  };
};
