/**
 * Whom a request's budgets count: the header in which the server's entry names its client to the handlers behind it.
 * Absent where nobody can be told apart. A stranger's own header of this name is removed.
 */
export const clientHeader = 'x-echelon-client';
