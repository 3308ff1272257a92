/**
 * Whom a request's budgets count: the header in which the server's entry names its client to the handlers behind it.
 * Absent where nobody can be told apart. A stranger's own header of this name is removed.
 */
export const clientHeader = 'x-echelon-client';

/**
 * The network of a client's address: one customer can have all of it, so its addresses together may do only a little more
 * than one. IPv6 is written by its /64, and a site is given a /48; IPv4 addresses are rented by the /24.
 */
export const networkOfAddress = (address: string): string => {
  if (!address.includes(':')) return `${address.split('.').slice(0, 3).join('.')}.0/24`;
  const groups = (address.split('::', 1)[0] ?? '').split(':').filter(Boolean);
  // Zeros at the end are not written.
  return `${[...groups, '0', '0', '0'].slice(0, 3).join(':')}::/48`;
};

/**
 * The page that asks to sign in with a wallet: the header in which the server's entry names its origin, which is our own or
 * a listed one. Absent for a program.
 */
export const pageHeader = 'x-echelon-page';
