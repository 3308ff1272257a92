import type { OverBudget } from '#contracts/budget.ts';
import { notListedText } from '#services/account/index.ts';

/** What people read when their sign-in failed, and what they can do. */
export const signInErrors = {
  link: 'This sign-in link was used already, has expired, or was replaced by a newer one. Restart the installation to get a new link in its terminal.',
  incomplete: 'The sign-in was incomplete. Try again from the sign-in page.',
  unexpected: 'Signing in failed on our side. Try again. If it keeps failing, see the installation’s log.',
} as const;

/** next-auth's own codes, as its redirects carry them in `?error=`. */
const codes = new Map(
  Object.entries({
    OAuthSignin: 'GitHub could not be asked to sign you in. Try again.',
    OAuthCallback: 'GitHub did not confirm the sign-in. Try again.',
    Callback: 'GitHub’s answer could not be used. Try again.',
    AccessDenied: 'GitHub says that you declined. Nothing was changed.',
    NotListed: notListedText,
    Configuration: 'Signing in is not configured correctly here; the installation’s log says what is wrong.',
  }),
);

const overBudget = 'OverBudget';

/** Where somebody reads that too many accounts were made, and when to try again. */
export const overBudgetPath = ({ retryAfterSeconds }: OverBudget): string =>
  `/sign-in?error=${overBudget}&seconds=${retryAfterSeconds}`;

const waitText = (seconds: number): string => {
  if (seconds < 120) return `${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
};

/**
 * The text for a redirect's `?error=`, and the `?seconds=` after which to try again. Anyone can write such a link, so only
 * our own texts and a number are ever shown for it.
 */
export const signInErrorText = (code: string, seconds = ''): string => {
  if (code !== overBudget) return codes.get(code) ?? signInErrors.unexpected;
  const when = /^\d{1,6}$/.test(seconds) ? `in ${waitText(Number(seconds))}` : 'later';
  return `Too many new accounts were made here, so none was made for you. Try again ${when}. Whoever has signed in here before can sign in now.`;
};
