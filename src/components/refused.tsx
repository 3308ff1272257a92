import { Notice } from './notice.tsx';

/** Says that no answer came from the server. */
export const unreachable = 'The installation could not be reached. Check that it is running, then try again.';

/** Why a call failed. With `data` it is the server's answer, written for users. Without, no answer came. */
export const refusalText = ({ message, data }: { message: string; data?: unknown }): string =>
  data ? message : unreachable;

/** Says that what the user asked for was not done, and why. */
export const Refused = ({ title, error }: { title: string; error: Parameters<typeof refusalText>[0] }) => (
  <Notice tone="danger" title={title} live>
    {refusalText(error)}
  </Notice>
);
