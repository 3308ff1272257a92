/**
 * Whom a request's budgets count: the header in which the server's entry names its client to the handlers behind it.
 * Absent where nobody can be told apart. A stranger's own header of this name is removed.
 */
export const clientHeader = 'x-echelon-client';

/**
 * The page that asks to sign in with a wallet: the header in which the server's entry names its origin, which is our own or
 * a listed one. Absent for a program.
 */
export const pageHeader = 'x-echelon-page';
